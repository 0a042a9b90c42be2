### 208 unknown-table
select p.FirstName from «dbo.Pupils p
### 208 unknown-table
select n.Dag from «Narvaro n
### 207 unknown-column
select p.«Firstname2 from Pupil p
### 207 unknown-column
select v.«FirstName from PupilOfClass v
### 207 unknown-column
select n.«[Elev] from [Närvaro] n
### 209 ambiguous-column
select p.FirstName from Pupil p join Teacher t on t.Id = p.Id where «LastName = 'x'
### 4104 unknown-column
select p.FirstName from Pupil p order by «c.Title
### 4104 unknown-column
select m.FirstName from Teacher t left join Teacher m on m.Id = «tt.ManagerId
