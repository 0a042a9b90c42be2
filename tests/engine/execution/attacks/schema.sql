-- The tables that the attacks name exist, so that none is refused for a name alone.
create table dbo.payment (id int, amount decimal(19, 2), note varchar(50));
create table dbo.wiping_view (id int);
create table dbo.foreign_program (line varchar(50));
create table dbo.foreign_wiping_view (id int);
create table dbo.file_view (content varchar(max));
