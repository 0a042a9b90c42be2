### 0 type-mismatch warning
select au_lname from authors where au_id = «'409-56-7008-99'
### 207 unknown-column
select t.title, t.«au_lname from titles t
### 8120 group-by
select t.type, «t.title, avg(t.price) as mean from titles t group by t.type
### 8117 type-mismatch
select «sum(title_id) as n from sales
