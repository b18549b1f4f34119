import { type Connection, type GlobalOptions, openConnection } from '../connection.ts'
import { connectionTo } from '../database-option.ts'
import { CommandFailure, ProblemFailure } from '../failures.ts'
import { call, type Door } from '../http-client.ts'
import { note, type Surroundings } from '../surroundings.ts'
import { checkDoor } from './doors.ts'
import { checkEndpoints } from './endpoints.ts'
import { type Finding, find } from './findings.ts'
import { checkMerchants } from './merchants.ts'
import { checkWaitingWork } from './waiting-work.ts'

export type DoctorOptions = GlobalOptions & { merchant?: string; pspChecks: boolean; databaseUrl?: string }
type Deployment = { environment: string; operator: string; api_url: string; relay_url: string }

/** Looks at a deployment from outside to inside, and tells what it finds as soon as it has found it. */
export async function* examine(io: Surroundings, options: DoctorOptions): AsyncGenerator<Finding> {
  const connection = openConnection(io, options, 'admin')
  const findings =
    connection.admin === null
      ? examineAsMerchant(connection)
      : examineAsOperator(io, connection.admin, connection, options)
  let isApiAway = false
  for await (const finding of findings) {
    isApiAway ||= finding.code === 'api_not_reached'
    yield finding
  }
  if (connection.api !== null && !isApiAway) yield* await checkEndpoints(connection.api)
  if (options.databaseUrl === undefined) yield find('database_unchecked')
  else yield* await (await import('./database.ts')).checkDatabase(await connectionTo(io, options.databaseUrl))
}

async function* examineAsMerchant({ api, ca }: Connection): AsyncGenerator<Finding> {
  yield find('admin_unchecked')
  if (api !== null) yield* await checkDoor('API', api.url, ca)
}

async function* examineAsOperator(
  io: Surroundings,
  door: Door,
  { ca }: Connection,
  { merchant, pspChecks }: DoctorOptions,
): AsyncGenerator<Finding> {
  const seen = await checkDoor('admin API', door.url, ca)
  yield* seen
  // The token is shown to nobody who is not known for certain.
  if (seen.some(({ code }) => code === 'admin_not_reached' || code === 'certificate_not_trusted')) return
  const deployment = await askDeployment(door)
  if ('code' in deployment) return yield deployment
  const { environment, operator, api_url, relay_url } = deployment
  yield find('admin_signed_in', `${door.url}, as ${operator}: ${environment}.`)
  yield* (await Promise.all([checkDoor('API', api_url, ca), checkDoor('card relay', relay_url, ca)])).flat()
  yield* await checkWaitingWork(door)
  const onMerchant = (done: number, all: number) => note(io, `Merchant ${done} of ${all} …`)
  yield* checkMerchants(door, { environment, merchant, asksPsps: pspChecks }, onMerchant)
}

async function askDeployment(door: Door): Promise<Deployment | Finding> {
  try {
    return await call<Deployment>(door, 'GET', '/admin/v1/deployment')
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    const why = error instanceof ProblemFailure ? error.problem.code : error.message
    return find(error.ending === 'refused' ? 'admin_refused' : 'admin_not_reached', why)
  }
}
