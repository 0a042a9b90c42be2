### names of all letters
select n.[Elev Id] as elev, n.Frånvaro as borta, n.[Group] as grupp from Närvaro n
### a table joined with itself
select t.FirstName, m.LastName as manager from Teacher t left join Teacher m on m.Id = t.ManagerId
### ORDER BY a column that two tables have, and the outputs once
select p.Id, c.Title from Pupil p left join Class c on c.Id = p.ClassId order by Id
### three levels of subqueries
select p.FirstName from Pupil p where exists (select 1 from Grade g where g.PupilId = p.Id and exists (select 1 from Class c where c.Id = p.ClassId and c.Room = g.Subject))
### a view
select v.FullName from PupilOfClass v where v.Title is not null
### a function
select dbo.AverageOf(p.Id) as average from Pupil p
