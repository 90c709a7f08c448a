DROP TABLE journaled;
