import type pg from 'pg'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import { createTokenSource } from './database-token.ts'

/** What a connection is made with. The password may be one that is asked for anew with each. */
export type Connection = Pick<
  pg.ClientConfig,
  'connectionString' | 'host' | 'port' | 'user' | 'database' | 'password' | 'ssl'
>

/** How any login of the database is reached. */
export type AccessSettings = Pick<Config, 'databaseAuth' | 'databaseCa' | 'awsRegion'>
export type DatabaseSettings = AccessSettings & Pick<Config, 'databaseUrl' | 'databasePassword'>

/**
 * How the application's login connects: by the address as it is written, or, where the password comes from elsewhere or
 * the certificate is verified, by its parts. A password that was rotated counts from the next connection on; those that
 * there are stay.
 *
 * @param settings read at each connection, because a file may have changed them.
 */
export function connectionOf(settings: DatabaseSettings): Connection {
  return connectionBy(settings, () => settings.databaseUrl)
}

/** The same for listening for changes: past a pooler, where there is one. */
export function listeningConnectionOf(settings: DatabaseSettings & Pick<Config, 'listenDatabaseUrl'>): Connection {
  return connectionBy(settings, () => settings.listenDatabaseUrl ?? settings.databaseUrl)
}

function connectionBy(settings: DatabaseSettings, written: () => string): Connection {
  const url = new URL(written())
  // Tests and tools name sockets and parameters, which have no other form.
  if (url.hostname === '' || url.search !== '') return { connectionString: written() }
  if (settings.databaseAuth === 'aws-iam') return connectionByToken(url, settings)
  return {
    ...partsOf(url, settings.databaseCa),
    password: () => settings.databasePassword ?? decodeURIComponent(new URL(written()).password),
  }
}

/**
 * How another login connects, as the owner of the tables for migrations: with the password of its address, or by AWS where
 * that has none.
 *
 * @throws StartError when the address has parameters, which could take back the verified TLS that the settings ask for.
 */
export function connectionOfLogin(settings: AccessSettings, address: string): Connection {
  const url = new URL(address)
  const isByAddress = settings.databaseAuth === 'password' || url.password !== ''
  if (settings.databaseCa !== null && url.search !== '')
    throw new StartError(
      'the database’s address must hold nothing after a question mark with DATABASE_CA. Take that away.',
    )
  if (isByAddress && settings.databaseCa === null) return { connectionString: address }
  if (!isByAddress) return connectionByToken(url, settings)
  return { ...partsOf(url, settings.databaseCa), password: decodeURIComponent(url.password) }
}

function connectionByToken(url: URL, { databaseCa, awsRegion }: AccessSettings): Connection {
  const parts = partsOf(url, databaseCa)
  const { host, port, user } = parts
  return { ...parts, password: createTokenSource({ hostname: host, port, username: user, region: awsRegion ?? '' }) }
}

function partsOf(url: URL, ca: string | null) {
  return {
    host: url.hostname.replace(/^\[(.+)\]$/, '$1'),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    // Its chain and its name are verified; there is no falling back to a connection without TLS.
    ...(ca === null ? {} : { ssl: { ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' as const } }),
  }
}
