import type { Template } from '../checks/template.ts'
import { costTable } from './cost-table.ts'
import { type CostLine, type Resources, resourcesOf } from './count-resources.ts'
import { hoursPerMonth, monthly, type Price, prices } from './prices.ts'

type Environments = Record<'sandbox' | 'production', Record<string, Template>>
/** One row of the page: what it is, its price, and how many of it each environment has. */
type Row = { what: string; price: Price; sandbox: number; production: number }

/**
 * docs/aws/cost.md: what each environment costs a month while nobody uses it, from its templates.
 *
 * @throws Error for a type of resource that the table of costs does not have.
 */
export function describeCost({ sandbox, production }: Environments): string {
  const rows = joinLines(linesOf(resourcesOf(sandbox)), linesOf(resourcesOf(production)))
  const total = (name: 'sandbox' | 'production') => dollars(rows.reduce((sum, row) => sum + costOf(row, name), 0))
  const types = new Set([...resourcesOf(sandbox), ...resourcesOf(production)].map(({ Type }) => Type))
  return [
    '# What it costs at rest',
    '',
    'In US dollars a month, without tax, with nobody using it; made from the templates and the tables in `infrastructure/src/cost/` by `npm run docs`. **The prices are list prices of eu-central-1 as they were known in 2025. They were written down from memory, and no machine checks them: ask the [AWS Pricing Calculator](https://calculator.aws) before you decide by them.**',
    '',
    '| what | price | sandbox | | production | |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(describeRow),
    `| **together** | | | **${total('sandbox')}** | | **${total('production')}** |`,
    '',
    ...describeSavings(rows),
    'AWS takes the hourly price of a NAT gateway off where a firewall endpoint stands before it, one for one, so the bill may be smaller by that line.',
    '',
    '## What comes on top, by use',
    '',
    ...[...byUse(types)].map((text) => `- ${text}`),
    '',
  ].join('\n')
}

/** The parameters of an environment that decide about the cost at rest, and the rows that each decides. */
const savers = [
  { parameter: 'firewalls', rows: ['network firewall endpoints', 'NAT gateways', 'public addresses'] },
  { parameter: 'database', rows: ['Aurora capacity units, at the least'] },
  {
    parameter: 'tasks',
    rows: [
      'processors of tasks, at the fewest',
      'memory of tasks, GiB, at the fewest',
      'GuardDuty’s runtime monitoring, by processor',
      'samples of metrics at rest, millions',
    ],
  },
]

/** How much less the sandbox costs, and by which parameter. */
function describeSavings(rows: Row[]): string[] {
  return [
    'The sandbox is the same in everything that decides who may do what, and is made cheaper by parameters of `infrastructure/src/environments.ts`:',
    '',
    '| parameter | less by |',
    '| --- | ---: |',
    ...savers.map(({ parameter, rows: names }) => {
      const decided = names.map((name) => rows.find(({ what }) => what === name))
      const less = decided.reduce(
        (sum, row) => sum + (row ? costOf(row, 'production') - costOf(row, 'sandbox') : Number.NaN),
        0,
      )
      if (!(less > 0)) throw new Error(`${parameter} makes nothing cheaper`)
      return `| \`${parameter}\` | ${dollars(less)} |`
    }),
    '',
  ]
}

/** What all resources cost as long as they stand there. */
export function linesOf(all: Resources): CostLine[] {
  return all.flatMap((resource) => {
    const cost = costTable[resource.Type]
    if (!cost) throw new Error(`infrastructure/src/cost/cost-table.ts does not say what an ${resource.Type} costs`)
    return 'standing' in cost ? cost.standing(resource, all) : []
  })
}

/** What an environment costs a month while nobody uses it, in US dollars. */
export function costAtRest(templates: Record<string, Template>): number {
  return linesOf(resourcesOf(templates)).reduce((sum, { price, quantity }) => sum + quantity * monthly(price), 0)
}

function joinLines(sandbox: CostLine[], production: CostLine[]): Row[] {
  const rows = new Map<string, Row>()
  for (const [name, lines] of [
    ['sandbox', sandbox],
    ['production', production],
  ] as const) {
    for (const { what, price, quantity } of lines) {
      const row = rows.get(what) ?? { what, price, sandbox: 0, production: 0 }
      if (row.price !== price) throw new Error(`${what} has two prices`)
      row[name] += quantity
      rows.set(what, row)
    }
  }
  return [...rows.values()].sort((a, b) => costOf(b, 'production') - costOf(a, 'production'))
}

function costOf(row: Row, name: 'sandbox' | 'production'): number {
  return row[name] * monthly(row.price)
}

function describeRow(row: Row): string {
  const price = `${prices[row.price]} / ${row.price.endsWith('Hour') ? `h × ${hoursPerMonth}` : 'month'}`
  const cell = (name: 'sandbox' | 'production') => `${Number(row[name].toFixed(2))} | ${dollars(costOf(row, name))}`
  return `| ${row.what} | ${price} | ${cell('sandbox')} | ${cell('production')} |`
}

function byUse(types: Set<string>): Set<string> {
  const texts = [...types].flatMap((type) => {
    const cost = costTable[type]
    return cost && 'byUse' in cost && cost.byUse ? [cost.byUse] : []
  })
  return new Set(texts.sort())
}

function dollars(amount: number): string {
  return Math.round(amount).toLocaleString('en-GB')
}
