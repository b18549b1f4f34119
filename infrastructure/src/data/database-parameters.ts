/**
 * The cluster's parameters that differ from Aurora's own, each with its reason. The first five are those of docs/operating.md,
 * *The database's own log*: PostgreSQL quotes what was in a row when a statement fails, and must not.
 */
export const databaseParameters: readonly { name: string; value: string; why: string }[] = [
  { name: 'log_min_messages', value: 'log', why: 'failed statements are in FinCore’s own log, by their SQLSTATE' },
  { name: 'log_min_error_statement', value: 'panic', why: 'a failed statement is not quoted' },
  { name: 'log_error_verbosity', value: 'terse', why: 'nor what was in the row' },
  { name: 'log_parameter_max_length', value: '0', why: 'nor its parameters' },
  { name: 'log_parameter_max_length_on_error', value: '0', why: 'nor those of one that failed' },
  { name: 'log_statement', value: 'ddl', why: 'changes of tables are seen (PCI DSS 10.2.1.7); they hold no data' },
  { name: 'log_min_duration_statement', value: '-1', why: 'a slow statement is not quoted' },
  { name: 'log_connections', value: '1', why: 'who came (PCI DSS 10.2.1.5)' },
  { name: 'log_disconnections', value: '1', why: 'and went' },
  { name: 'pgaudit.log_parameter', value: '0', why: 'should somebody load pgaudit' },
  { name: 'auto_explain.log_parameter_max_length', value: '0', why: 'should somebody load auto_explain' },
  { name: 'rds.force_ssl', value: '1', why: 'nothing connects without TLS (PCI DSS 4.2.1)' },
  { name: 'ssl_min_protocol_version', value: 'TLSv1.2', why: 'nor with an old one' },
  { name: 'password_encryption', value: 'scram-sha-256', why: 'the master login is the only one with a password' },
]
