/* A school: names that need brackets, names in Swedish, one schema. */
CREATE TABLE dbo.Pupil
(
    Id           int NOT NULL PRIMARY KEY,
    FirstName    varchar(50) NOT NULL,
    LastName     varchar(50) NOT NULL,
    Born         date NULL,
    ClassId      int NULL,
    GuardianId   int NULL,
    Height       decimal(5, 2) NULL
);
GO
CREATE TABLE dbo.Class
(
    Id           int NOT NULL PRIMARY KEY,
    Title        varchar(30) NOT NULL,
    TeacherId    int NOT NULL,
    Room         varchar(10) NULL,
    Starts       time(0) NULL
);
GO
CREATE TABLE dbo.Teacher
(
    Id           int NOT NULL PRIMARY KEY,
    FirstName    varchar(50) NOT NULL,
    LastName     varchar(50) NOT NULL,
    ManagerId    int NULL,
    Salary       money NOT NULL,
    HiredOn      smalldatetime NOT NULL,
    Notes        text NULL
);
GO
CREATE TABLE dbo.Grade
(
    PupilId      int NOT NULL,
    Subject      varchar(20) NOT NULL,
    Mark         tinyint NULL,
    GivenAt      datetimeoffset(0) NOT NULL,
    Remark       nvarchar(200) NULL,
    CONSTRAINT pk_grade PRIMARY KEY (PupilId, Subject, GivenAt)
);
GO
CREATE TABLE dbo.[Närvaro]
(
    [Elev Id]    int NOT NULL,
    Dag          date NOT NULL,
    [Frånvaro]   bit NOT NULL,
    [Group]      varchar(5) NULL
);
GO
CREATE VIEW dbo.PupilOfClass AS
SELECT p.Id, p.FirstName + ' ' + p.LastName AS FullName, c.Title FROM dbo.Pupil p LEFT JOIN dbo.Class c ON c.Id = p.ClassId;
GO
CREATE FUNCTION dbo.AverageOf (@pupil int) RETURNS decimal(5, 2) AS
BEGIN
    RETURN (SELECT AVG(CAST(Mark AS decimal(5, 2))) FROM dbo.Grade WHERE PupilId = @pupil);
END;
GO
