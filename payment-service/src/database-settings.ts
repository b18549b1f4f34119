import { readPemOrFile } from './certificate-settings.ts'
import type { Config } from './config.ts'
import { type Environment, makeChoice, reportProblems } from './read-settings.ts'
import { readSecretSetting } from './secret-settings.ts'
import type { AccessSettings } from './store/connection.ts'

/** The settings that a command needs of them all which only connects, as a login that its own option names. */
export function loadAccessSettings(env: Environment): AccessSettings {
  const problems: string[] = []
  const settings = readAccess(env, problems)
  if (settings.databaseAuth === 'aws-iam') problems.push(...findMissingOfTokens(settings))
  reportProblems(problems)
  return settings
}

/** The owner's login, of a command that was not told it. */
export function loadMigrationsUrl(env: Environment): string {
  const problems: string[] = []
  const url = readSecretSetting(env, 'migrationsDatabaseUrl', problems, true)
  reportProblems(problems)
  return url ?? ''
}

/** How any login of the database is reached. What is wrong is added to `problems`. */
export function readAccess(env: Environment, problems: string[]): AccessSettings {
  return {
    databaseAuth: makeChoice(env, problems)('DATABASE_AUTH', 'password', ['password', 'aws-iam']),
    databaseCa: readPemOrFile('DATABASE_CA', env.DATABASE_CA, problems),
    awsRegion: env.AWS_REGION || null,
  }
}

function findMissingOfTokens({ awsRegion, databaseCa }: AccessSettings): string[] {
  return [
    ...(awsRegion === null ? ['AWS_REGION is missing; DATABASE_AUTH=aws-iam needs it'] : []),
    ...(databaseCa === null ? ['DATABASE_CA is missing; DATABASE_AUTH=aws-iam needs it'] : []),
  ]
}

/** How the database is reached must fit together; a token of AWS must never travel in clear. */
export function findDatabaseContradictions(config: Config): string[] {
  const url = URL.parse(config.databaseUrl)
  const isIam = config.databaseAuth === 'aws-iam'
  // Without one the driver would take a socket or what PGHOST says, without TLS.
  const namesNoHost = [config.databaseUrl, config.listenDatabaseUrl].some(
    (text) => URL.parse(text ?? '')?.hostname === '',
  )
  const hasParameters = url?.search || URL.parse(config.listenDatabaseUrl ?? '')?.search
  return [
    ...(isIam ? findMissingOfTokens(config) : []),
    ...(isIam && (url?.password || config.databasePassword !== null)
      ? ['DATABASE_URL and DATABASE_PASSWORD must hold no password with DATABASE_AUTH=aws-iam']
      : []),
    ...(hasParameters && (config.databaseCa !== null || config.databasePassword !== null)
      ? [
          'DATABASE_URL and LISTEN_DATABASE_URL must hold nothing after a question mark with DATABASE_CA or DATABASE_PASSWORD',
        ]
      : []),
    ...(namesNoHost && config.databaseCa !== null
      ? ['DATABASE_URL and LISTEN_DATABASE_URL must name a host with DATABASE_CA']
      : []),
  ]
}
