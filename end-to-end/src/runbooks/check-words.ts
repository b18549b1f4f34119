import { globSync, readFileSync } from 'node:fs'
import { pathInRepository } from '@fincore/dev/managed-process'
import { alerts } from '@fincore/dev/operations/alerts'
import { metricsTable } from '@fincore/payment-service/observability/metrics-table'

/** Where a word of a runbook may come from: what FinCore logs, answers, stores, is set by and has on AWS. */
const sources = [
  '{payment-service,card-relay,api-contract,infrastructure}/src/**/*.ts',
  'payment-service/migrations/*.sql',
  'docs/{cli,operating,recovery,lifecycle}.md',
]
const code = globSync(sources, { cwd: pathInRepository('') })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => readFileSync(pathInRepository(path), 'utf8'))
  .join('\n')

/** Words of PostgreSQL, of AWS and of the system, which nothing here can look up. */
const ofOthers = /^(pg_\w+|[0-9A-Z]{5}|WALSync|SyncRep|IO|\/var\/.*|[a-z]+:.*)$/

/** Whether it is written anywhere in what FinCore is made of. */
export function standsInCode(text: string): boolean {
  return code.includes(text)
}

/** Whether a route that runbooks speak of, as `GET /v1/charges/:id`, is one; those of operators stand without `/admin/v1`. */
export function isRoute(text: string, routes: readonly { method: string; path: string }[]): boolean {
  const [method, address = ''] = text.split(' ')
  const form = (path: string) => path.replaceAll(/\/:\w+|\/\{\w+\}|\/[a-z]+_…/g, '/:')
  const path = form(address.replace(/\?.*$/, ''))
  return routes.some((route) => route.method === method && [path, `/admin/v1${path}`].includes(form(route.path)))
}

/**
 * What a word or a message in a runbook should be and is not; null when it is there, or can be anything.
 * @param ofPage the statements of its page, which name columns of their own.
 */
export function findWordFault(text: string, ofPage: string = ''): string | null {
  if (/^fincore_[a-z_]+$/.test(text)) return isMetric(text) ? null : 'no metric is called so'
  if (/^Fincore[A-Z]\w+$/.test(text)) return text in alerts ? null : 'no alert is called so'
  if (ofOthers.test(text)) return null
  const isName = /^[A-Za-z][\w.-]*[_.][\w.-]*$/.test(text) || /^[A-Z_]{4,}$/.test(text)
  const isSentence =
    /^(an?|the|raw|audit|more|payment|events|test|accounts) \w+ ./.test(text) || / \w+ \w+ \w+/.test(text)
  if (!isName && !isSentence) return null
  const begun = text.replace(/( …|…|:)$/, '')
  return standsInCode(begun) || ofPage.includes(begun) ? null : 'it stands nowhere in the code'
}

function isMetric(name: string): boolean {
  return name in metricsTable || name.replace(/_(bucket|sum|count)$/, '') in metricsTable
}

/** Whether what `grep -E` is told finds a metric. */
export function isPartOfMetric(pattern: string): boolean {
  return Object.keys(metricsTable).some((name) => new RegExp(pattern).test(name))
}
