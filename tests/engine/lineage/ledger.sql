CREATE SCHEMA hr;
GO
CREATE TABLE dbo.city (cityid int NOT NULL PRIMARY KEY, name nvarchar(40) NOT NULL, region varchar(10) NOT NULL);
CREATE TABLE dbo.person
(
    personid int NOT NULL PRIMARY KEY,
    cityid int NOT NULL,
    bossid int NULL,
    firstname nvarchar(40) NOT NULL,
    lastname nvarchar(40) NOT NULL,
    ssn char(11) COLLATE Latin1_General_BIN2 NULL,
    score int NULL,
    born date NULL,
    fullname AS firstname + N' ' + lastname,
    papers xml NULL
);
CREATE TABLE dbo.sale
(
    saleid int NOT NULL PRIMARY KEY,
    personid int NOT NULL,
    amount decimal(10, 2) NOT NULL,
    day date NOT NULL,
    kind int NOT NULL,
    note nvarchar(100) NULL
);
CREATE TABLE hr.salary (personid int NOT NULL, year int NOT NULL, pay money NOT NULL, PRIMARY KEY (personid, year));
CREATE TABLE dbo.budget (personid int NOT NULL, q1 int NULL, q2 int NULL);
GO
CREATE VIEW dbo.v_person AS
    SELECT p.personid, p.fullname AS name, p.ssn, p.score, c.name AS city
    FROM dbo.person p JOIN dbo.city c ON c.cityid = p.cityid WHERE p.born > '1900-01-01';
GO
CREATE VIEW dbo.v_total (who, total, latest) AS
    SELECT s.personid, SUM(s.amount), MAX(s.day) FROM dbo.sale s WHERE s.kind = 1 GROUP BY s.personid;
GO
CREATE VIEW dbo.v_rich AS
    SELECT v.name, t.total FROM dbo.v_person v JOIN dbo.v_total t ON t.who = v.personid;
GO
CREATE FUNCTION dbo.sales_of (@person int, @least decimal(10, 2)) RETURNS TABLE AS RETURN
    SELECT s.saleid, s.amount, @least AS least FROM dbo.sale s WHERE s.personid = @person AND s.amount >= @least;
GO
CREATE FUNCTION dbo.masked (@ssn char(11)) RETURNS char(11) AS BEGIN RETURN LEFT(@ssn, 6); END;
GO
CREATE FUNCTION dbo.steps (@n int) RETURNS @found TABLE (n int) AS BEGIN RETURN; END;
GO
CREATE SYNONYM dbo.people FOR dbo.person;
CREATE SYNONYM dbo.pay FOR hr.salary;
GO
