-- Makes a login with the fewest rights that octokey can rotate a Master Key with, on SQL Server 2016 and later and on
-- Azure SQL Managed Instance. (For Azure SQL Database: make-azure-user.sql.) It may be run again: it adds what is
-- missing, and leaves the password of a login that exists as it is.
--
-- Run it as somebody who may create logins, and with the password in the environment, from which sqlcmd takes it:
--
--   read -rs OCTOKEY_SQL_PASSWORD; export OCTOKEY_SQL_PASSWORD
--   sqlcmd -S SERVER -U ADMIN -b -i make-login.sql -v Login=octokey Database=Octopus
--
-- The names and the password must have no quote, closing bracket or dollar sign: sqlcmd puts them into the text as
-- they are.

:on error exit
SET NOCOUNT ON;
GO

USE [master];
GO
-- QUOTENAME makes a literal of up to 128 characters, which is also the longest password.
IF SUSER_ID(N'$(Login)') IS NULL
BEGIN
  DECLARE @create nvarchar(max) = N'CREATE LOGIN ' + QUOTENAME(N'$(Login)') + N' WITH PASSWORD = '
    + QUOTENAME(N'$(OCTOKEY_SQL_PASSWORD)', N'''');
  EXEC (@create);
END;
GO

USE [$(Database)];
GO
IF USER_ID(N'$(Login)') IS NULL CREATE USER [$(Login)] FOR LOGIN [$(Login)];
IF DATABASE_PRINCIPAL_ID(N'octokey_rotation') IS NULL CREATE ROLE [octokey_rotation];
GO

-- To read and to change what is in tables; not to add or to remove rows. Every schema with tables counts, because a
-- value in a table that octokey cannot read would stay under the old key. What change data capture keeps is read only.
DECLARE @grants nvarchar(max) = N'';
SELECT @grants += CASE s.name WHEN N'cdc' THEN N'GRANT SELECT' ELSE N'GRANT SELECT, UPDATE' END
  + N' ON SCHEMA::' + QUOTENAME(s.name) + N' TO [octokey_rotation]; '
FROM sys.schemas AS s
WHERE EXISTS (SELECT 1 FROM sys.tables AS t WHERE t.schema_id = s.schema_id);
EXEC (@grants);

-- Without it the catalog hides triggers, policies of row security, and tables that the login has no right to.
GRANT VIEW DEFINITION TO [octokey_rotation];

-- A masked column shows the login a mask instead of its contents.
IF EXISTS (SELECT 1 FROM sys.columns WHERE is_masked = 1) GRANT UNMASK TO [octokey_rotation];

ALTER ROLE [octokey_rotation] ADD MEMBER [$(Login)];
GO

-- Only for `octokey rotate-master-key --database-snapshot`: the right to make a database, as a snapshot is one, on the
-- whole server. With the second one instead, octokey can also drop the snapshot after a run that failed.
--
--   USE [master];
--   GRANT CREATE ANY DATABASE TO [$(Login)];
--   GRANT ALTER ANY DATABASE TO [$(Login)];

-- What the role may do now.
SELECT p.permission_name, p.class_desc, SCHEMA_NAME(CASE p.class WHEN 3 THEN p.major_id END) AS [schema]
FROM sys.database_permissions AS p
WHERE p.grantee_principal_id = DATABASE_PRINCIPAL_ID(N'octokey_rotation')
ORDER BY p.class_desc, [schema], p.permission_name;
GO

-- To take it all back, when the rotation is done:
--
--   USE [Octopus]; DROP USER [octokey]; DROP ROLE [octokey_rotation]; USE [master]; DROP LOGIN [octokey];
