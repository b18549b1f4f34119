import type { World } from '../world.ts'
import { fillIn } from './check-commands.ts'
import type { ShellCommand } from './read-shell.ts'

/**
 * Makes a call `as $alice GET /path` of a runbook at the world's admin API. What reads is asked of the world's merchant;
 * what changes is asked of ids that name nothing, so that a right call finds nothing there and a wrong one is refused sooner.
 *
 * @returns what is wrong with it, or null.
 */
export async function callAdmin(world: World, words: ShellCommand): Promise<string | null> {
  const { dev } = world.fincore
  const [, operator, method = '', path = '', body] = words
  const { token } = dev.operators.find(({ name }) => name === operator) ?? {}
  if (token === undefined) return 'nobody is called so'
  const isRead = method === 'GET'
  if (!isRead && !path.includes('_')) return 'it would change something here'
  const of = isRead ? path.replaceAll('mer_…', dev.merchant) : path
  const answer = await world.http.send(method, `${dev.admin}/admin/v1${fillIn(of)}`, {
    bearer: token,
    ...(body === undefined ? {} : { json: JSON.parse(fillIn(body)) }),
  })
  const said = answer.text.startsWith('{') ? JSON.parse(answer.text) : {}
  if (answer.status < 300 || said.code === 'resource_not_found') return null
  return `${answer.status} ${said.code} ${said.param ?? ''}`
}
