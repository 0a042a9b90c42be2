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
### 8120 group-by
select c.Title, «p.LastName, avg(p.Height) as h from Pupil p join Class c on c.Id = p.ClassId group by c.Title
### 8120 group-by
with g as (select «PupilId, Subject, max(Mark) as m from Grade group by Subject) select g.m from g
### 147 group-by
select g.Subject from Grade g where «avg(g.Mark) > 3
### 4108 group-by
select g.Subject from Grade g where «dense_rank() over (order by g.Mark) < 3
### 8156 compile-error
select x.Id from (select p.Id, «c.Id from Pupil p join Class c on c.Id = p.ClassId) x
### 104 compile-error
select FirstName from Pupil union select FirstName from Teacher order by «LastName
### 8159 compile-error
with «tree (Id, Level, Name) as (select Id, 0 from Teacher where ManagerId is null union all select t.Id, 1 from Teacher t) select Id from tree
### 209 ambiguous-column
select p.Id, c.Id from Pupil p join Class c on c.Id = p.ClassId order by «Id
### 402 type-mismatch
select t.Id from Teacher t where «t.Notes = 'x'
### 306 type-mismatch
select t.Id from Teacher t order by «t.Notes
### 306 type-mismatch
select count(*) as n from Teacher t group by «t.Notes
### 421 type-mismatch
select distinct t.Id, «t.Notes from Teacher t
### 8116 type-mismatch
select «len(t.Notes) as n from Teacher t
### 206 type-mismatch
select c.Id from Class c where c.Starts > «8
### 206 type-mismatch
select g.PupilId from Grade g where «g.GivenAt + 1 > '2026-01-01'
### 245 type-mismatch warning
select g.PupilId from Grade g where g.Mark = «'A'
### 313 compile-error
select «dbo.AverageOf() as a from Pupil p
### 174 compile-error
select «datename(month) as m from Pupil p
### 240 type-mismatch
with c as (select Id, cast(LastName as varchar(100)) as path from Teacher where ManagerId is null union all select t.Id, «c.path + '/' + t.LastName from Teacher t join c on c.Id = t.ManagerId) select Id, path from c
### 247 compile-error
with c as (select Id from Teacher where ManagerId is null union all select t.Id from Teacher t join c on c.Id = t.ManagerId union all select «p.Id from Pupil p) select Id from c
### 462 compile-error
with c as (select Id, FirstName from Teacher where ManagerId is null union all select t.Id, t.FirstName from c full join «Teacher t on c.Id = t.ManagerId) select Id from c
