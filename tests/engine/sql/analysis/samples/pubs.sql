/* The tables, views and procedures of the sample database pubs, written anew for these tests in the forms of SQL Server
   6.5: types by sp_addtype, a column's constraints one after another, triggers, WITH ROLLUP. */
SET NOCOUNT ON
GO
USE master
declare @now varchar(40)
select  @now=convert(varchar,getdate(),113)
raiserror('This begins at %s.',1,1,@now) with nowait
GO
if exists (select * from sysdatabases where name='pubs')
begin
  raiserror('The old one goes.',0,1)
  DROP database pubs
end
GO
CHECKPOINT
go
raiserror('A new one comes.',0,1)
go
CREATE DATABASE pubs
GO
CHECKPOINT
GO
USE pubs
GO
if db_name() <> 'pubs'
   raiserror('''USE pubs'' failed, so this ends.',22,127) with log
GO
if CAST(SERVERPROPERTY('ProductMajorVersion') AS INT)<12
BEGIN
  exec sp_dboption 'pubs','trunc. log on chkpt.','true'
END
ELSE ALTER DATABASE [pubs] SET RECOVERY SIMPLE WITH NO_WAIT
GO
execute sp_addtype id      ,'varchar(11)' ,'NOT NULL'
execute sp_addtype tid     ,'varchar(6)'  ,'NOT NULL'
execute sp_addtype empid   ,'char(9)'     ,'NOT NULL'
raiserror('Tables',0,1)
GO
CREATE TABLE authors
(
   au_id          id
         CHECK (au_id like '[0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][0-9][0-9]')
         CONSTRAINT UPKCL_auidind PRIMARY KEY CLUSTERED,
   au_lname       varchar(40)       NOT NULL,
   au_fname       varchar(20)       NOT NULL,
   phone          char(12)          NOT NULL
         DEFAULT ('UNKNOWN'),
   address        varchar(40)           NULL,
   city           varchar(20)           NULL,
   state          char(2)               NULL,
   zip            char(5)               NULL
         CHECK (zip like '[0-9][0-9][0-9][0-9][0-9]'),
   contract       bit               NOT NULL
)
GO
CREATE TABLE publishers
(
   pub_id         char(4)           NOT NULL
         CONSTRAINT UPKCL_pubind PRIMARY KEY CLUSTERED
         CHECK (pub_id in ('1001', '1002')
            OR pub_id like '99[0-9][0-9]'),
   pub_name       varchar(40)           NULL,
   city           varchar(20)           NULL,
   state          char(2)               NULL,
   country        varchar(30)           NULL
         DEFAULT('USA')
)
GO
CREATE TABLE titles
(
   title_id       tid
         CONSTRAINT UPKCL_titleidind PRIMARY KEY CLUSTERED,
   title          varchar(80)       NOT NULL,
   type           char(12)          NOT NULL
         DEFAULT ('UNDECIDED'),
   pub_id         char(4)               NULL
         REFERENCES publishers(pub_id),
   price          money                 NULL,
   advance        money                 NULL,
   royalty        int                   NULL,
   ytd_sales      int                   NULL,
   notes          varchar(200)          NULL,
   pubdate        datetime          NOT NULL
         DEFAULT (getdate())
)
GO
CREATE TABLE titleauthor
(
   au_id          id
         REFERENCES authors(au_id),
   title_id       tid
         REFERENCES titles(title_id),
   au_ord         tinyint               NULL,
   royaltyper     int                   NULL,
   CONSTRAINT UPKCL_taind PRIMARY KEY CLUSTERED(au_id, title_id)
)
GO
CREATE TABLE stores
(
   stor_id        char(4)           NOT NULL
         CONSTRAINT UPK_storeid PRIMARY KEY CLUSTERED,
   stor_name      varchar(40)           NULL
)
GO
CREATE TABLE sales
(
   stor_id        char(4)           NOT NULL
         REFERENCES stores(stor_id),
   ord_num        varchar(20)       NOT NULL,
   ord_date       datetime          NOT NULL,
   qty            smallint          NOT NULL,
   payterms       varchar(12)       NOT NULL,
   title_id       tid
         REFERENCES titles(title_id),
   CONSTRAINT UPKCL_sales PRIMARY KEY CLUSTERED (stor_id, ord_num, title_id)
)
GO
CREATE TABLE roysched
(
   title_id       tid
         REFERENCES titles(title_id),
   lorange        int                   NULL,
   hirange        int                   NULL,
   royalty        int                   NULL
)
GO
CREATE TABLE discounts
(
   discounttype   varchar(40)       NOT NULL,
   stor_id        char(4)               NULL
         REFERENCES stores(stor_id),
   lowqty         smallint              NULL,
   discount       dec(4,2)          NOT NULL
)
GO
CREATE TABLE jobs
(
   job_id         smallint          IDENTITY(1,1)
         PRIMARY KEY CLUSTERED,
   job_desc       varchar(50)       NOT NULL
         DEFAULT 'To be named',
   min_lvl        tinyint           NOT NULL
         CHECK (min_lvl >= 10),
   max_lvl        tinyint           NOT NULL
         CHECK (max_lvl <= 250)
)
GO
CREATE TABLE pub_info
(
   pub_id         char(4)           NOT NULL
         REFERENCES publishers(pub_id)
         CONSTRAINT UPKCL_pubinfo PRIMARY KEY CLUSTERED,
   logo           image                 NULL,
   pr_info        text                  NULL
)
GO
CREATE TABLE employee
(
   emp_id         empid
         CONSTRAINT PK_emp_id PRIMARY KEY NONCLUSTERED
         CONSTRAINT CK_emp_id CHECK (emp_id LIKE
            '[A-Z][A-Z][A-Z][1-9][0-9][0-9][0-9][0-9][FM]' or
            emp_id LIKE '[A-Z]-[A-Z][1-9][0-9][0-9][0-9][0-9][FM]'),
   fname          varchar(20)       NOT NULL,
   minit          char(1)               NULL,
   lname          varchar(30)       NOT NULL,
   job_id         smallint          NOT NULL
         DEFAULT 1
         REFERENCES jobs(job_id),
   job_lvl        tinyint
         DEFAULT 10,
   pub_id         char(4)           NOT NULL
         DEFAULT ('9952')
         REFERENCES publishers(pub_id),
   hire_date      datetime          NOT NULL
         DEFAULT (getdate())
)
GO
raiserror('Triggers',0,1)
GO
CREATE TRIGGER employee_insupd
ON employee
FOR insert, UPDATE
AS
-- What the job allows.
declare @min_lvl tinyint,
   @max_lvl tinyint
select @min_lvl = min_lvl,
   @max_lvl = max_lvl
from employee e, jobs j, inserted i
where e.emp_id = i.emp_id AND i.job_id = j.job_id
IF (@job_id = 1) and (@emp_lvl <> 10)
begin
   raiserror ('Job 1 has the level 10.',16,1)
   ROLLBACK TRANSACTION
end
GO
raiserror('Rows',0,1)
GO
insert authors
   values('111-22-3333', 'Writer', 'Ann', '555 555-0001',
   '1 First St.', 'Springfield', 'CA', '90001', 1)
insert authors values('222-33-4444', 'Writer', 'Bob', '555 555-0002',
   '2 Second St. #3', 'Springfield', 'CA', '90001', 1)
GO
insert pub_info values('1001', 0x4749463839610100,
   'None yet')
GO
set identity_insert jobs on
insert into jobs (job_id, job_desc, min_lvl, max_lvl) values (1, 'Newcomer', 10, 10)
set identity_insert jobs off
GO
CREATE CLUSTERED INDEX employee_ind ON employee(lname, fname, minit)
GO
CREATE NONCLUSTERED INDEX aunmind ON authors (au_lname, au_fname)
GO
CREATE VIEW titleview
AS
select title, au_ord, au_lname, price, ytd_sales, pub_id
from authors, titles, titleauthor
where authors.au_id = titleauthor.au_id
   AND titles.title_id = titleauthor.title_id

GO
CREATE PROCEDURE byroyalty @percentage int
AS
select au_id from titleauthor
where titleauthor.royaltyper = @percentage

GO
CREATE PROCEDURE reptq1 AS
select 
	case when grouping(pub_id) = 1 then 'ALL' else pub_id end as pub_id, 
	avg(price) as avg_price
from titles
where price is NOT NULL
group by pub_id with rollup
order by pub_id

GO
CREATE PROCEDURE reptq2 AS
select 
	case when grouping(type) = 1 then 'ALL' else type end as type, 
	case when grouping(pub_id) = 1 then 'ALL' else pub_id end as pub_id, 
	avg(ytd_sales) as avg_ytd_sales
from titles
where pub_id is NOT NULL
group by pub_id, type with rollup

GO
CREATE PROCEDURE reptq3 @lolimit money, @hilimit money,
@type char(12)
AS
select 
	case when grouping(pub_id) = 1 then 'ALL' else pub_id end as pub_id, 
	case when grouping(type) = 1 then 'ALL' else type end as type, 
	count(title_id) as cnt
from titles
where price >@lolimit AND price <@hilimit AND type = @type OR type LIKE '%cook%'
group by pub_id, type with rollup

GO
GRANT EXECUTE ON byroyalty TO public
GRANT  CREATE PROCEDURE  TO guest
GRANT  SELECT , INSERT , UPDATE , DELETE ON publishers  TO guest
GO
UPDATE STATISTICS publishers
UPDATE STATISTICS employee
GO
CHECKPOINT
GO
USE master
GO
