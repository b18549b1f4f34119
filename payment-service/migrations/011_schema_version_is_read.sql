-- The application's login sees which migrations have run, so that a process which knows others refuses to start.

grant select on schema_migrations to fincore_app;
