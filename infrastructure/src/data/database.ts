/** What the services need to know of the database. */
export type Database = {
  /** The writer's host. */
  endpoint: string
  port: number
  /** Its name in ARNs of `rds-db:connect`, `cluster-…`. */
  resourceId: string
  /** Where the owner's login is kept, which migrations use: a secret with `username` and `password`. */
  ownerSecretArn: string
}
