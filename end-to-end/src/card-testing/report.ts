import { table } from '@fincore/dev/doc-page'
import { applySettings, type CardTestingSettings, noSettings } from '@fincore/payment-service/abuse/settings'
import { type Competitor, competitors } from './competitor.ts'
import {
  type AttackFigures,
  type CompetitorFigures,
  type DayFigures,
  disguises,
  flows,
  kinds,
  measureAttack,
  measureCompetitor,
  measureHonestDay,
  measureMixedDay,
} from './figures.ts'

/** How much is replayed. */
export type Extent = { attackSeeds: readonly number[]; cards: number; days: readonly number[]; hasMore: boolean }

type AttackRow = AttackFigures & { name: string }
export type Report = {
  attacks: AttackRow[]
  days: DayFigures[]
  /** Attacks in parallel, with more good cards, and in the middle of an honest day. */
  more: AttackRow[]
  mixed: { name: string; calls: number; refusedShoppers: number; shoppers: number }[]
  /** Somebody who wants a small shop closed. */
  competitors: (CompetitorFigures & { name: Competitor })[]
}

const hardest = { ...disguises['many addresses, many BINs'], ...kinds['small payments, telling declines'] } as const
const flowOpenTries: CardTestingSettings = { ...noSettings, rules: { flow_open_tries: { on: true } } }

export async function measureCardTesting(extent: Extent, tell: (line: string) => void): Promise<Report> {
  const report: Report = { attacks: [], days: [], more: [], mixed: [], competitors: [] }
  const { attackSeeds, cards } = extent
  for (const flow of flows) {
    for (const [disguise, hidden] of Object.entries(disguises)) {
      for (const [kind, asked] of Object.entries(kinds)) {
        const figures = await measureAttack({ flow, ...hidden, ...asked }, attackSeeds, cards)
        report.attacks.push({ name: `${flow}: ${disguise}; ${kind}`, ...figures })
        tell(`${flow}: ${disguise}; ${kind}: ${figures.worst} calls at worst`)
      }
    }
  }
  for (const seed of extent.days) {
    const day = await measureHonestDay(seed)
    report.days.push(day)
    tell(`honest day ${seed}: ${day.payments} payments, ${day.refused} refused, ${day.blocks.length} blocks`)
  }
  if (!extent.hasMore) return report
  const one = { flow: 'token', ...hardest } as const
  const varied = [
    { name: 'one card in ten is good', attack: { ...one, approvedShare: 0.1 } },
    { name: '8 at once', attack: { ...one, parallel: 8 } },
    { name: '50 at once, from one address', attack: { ...one, ...disguises['one address'], parallel: 50 } },
    { name: '50 at once', attack: { ...one, parallel: 50 } },
    { name: '50 at once, with `flow_open_tries` on', attack: { ...one, parallel: 50 }, settings: flowOpenTries },
  ]
  for (const { name, attack, settings } of varied)
    report.more.push({ name, ...(await measureAttack(attack, attackSeeds, cards, settings)) })
  for (const name of ['one address', 'many addresses, many BINs'] as const)
    report.mixed.push({ name, ...(await measureMixedDay({ ...one, ...disguises[name] }, 1)) })
  for (const name of Object.keys(competitors) as Competitor[])
    report.competitors.push({ name, ...(await measureCompetitor(name)) })
  return report
}

/** Whether some rule has refused what is honest, or let too much of an attack through. */
export function findFaults({ attacks, days, competitors }: Report, mostCalls: number): string[] {
  return [
    ...attacks.filter(({ worst }) => worst > mostCalls).map(({ name, worst }) => `${name}: ${worst} calls`),
    ...days
      .filter(({ refused, blocks }) => refused > 0 || blocks.length > 0)
      .map(({ refused, blocks }) => `an honest day: ${refused} refused, ${blocks.join(' ')}`),
    ...competitors
      .filter(({ name, refusedShoppers, shoppers }) => name !== 'a card every 30 s' && refusedShoppers > shoppers / 5)
      .map(({ name, refusedShoppers }) => `a competitor, ${name}: ${refusedShoppers} refused`),
  ]
}

export function describeReport(
  { attacks, days, more, mixed, competitors }: Report,
  { attackSeeds, cards }: Extent,
): string {
  const { limits } = applySettings(noSettings)
  const attackRows = (rows: readonly AttackRow[]) =>
    table(
      ['attack', 'calls until it was stopped: half of the runs', 'at worst', 'in all, at worst', 'stopped by'],
      rows.map(({ name, median, worst, inAll, blockedBy }) => [
        name,
        String(median),
        String(worst),
        String(inAll),
        blockedBy.map((rule) => `\`${rule}\``).join(' '),
      ]),
    )
  const declined = days.map(({ declinedShare }) => declinedShare)
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const payments = days.reduce((sum, day) => sum + day.payments, 0)
  return [
    '# Card testing: figures',
    '',
    'Made by `npm run drill:card-testing -- --markdown`, which replays payments through the defence of the payment service in virtual',
    'time, in one process and with the rules as they are when nobody has set anything. What it is and how it works: [card testing](card-testing.md).',
    '',
    '## Attacks',
    '',
    `Each of ${cards.toLocaleString('en')} cards is tried once, one after the other without a pause; on a hosted page a try takes 1.5 s. One card in fifty is good.`,
    `${attackSeeds.length} runs of each, with other seeds. *In all*: an attack goes on for an hour and more (on a hosted page for four), and while a flow is blocked and after it single tries come through, which say when it is over.`,
    '',
    attackRows(attacks),
    '',
    'The same by token, of many addresses and many BINs, small payments with telling declines:',
    '',
    attackRows(more),
    '',
    'What is under way when the first answers come cannot be called back: an attack that sends fifty at once, from as many addresses,',
    `has fifty calls. One address has at most ${limits.address_open_tries.limit} under way; \`flow_open_tries\` does the same for the whole flow, at a price.`,
    '',
    '## Honest days',
    '',
    `${days.length} days of a busy shop, ${payments.toLocaleString('en')} payments: 8 to 15 % of the shoppers’ first tries are declined, another share each hour;`,
    'shoppers try twice or thrice, with the same card or another; a sale of a minute with 50 payments a second; an office that orders lunch behind one',
    'address, and a mobile network behind another; a bank that three shoppers in ten have; ten minutes in which all is declined because no bank can be',
    'reached; 1,000 subscribers charged by the merchant, 30 % of whom are declined; four in ten payments confirmed by 3-D Secure.',
    '',
    `Declined in all: ${percent(Math.min(...declined))} to ${percent(Math.max(...declined))} of the tries. Blocks: ${days.reduce((sum, { blocks }) => sum + blocks.length, 0)}. Payments refused: ${days.reduce((sum, { refused }) => sum + refused, 0)}.`,
    '',
    '## An attack in the middle of an honest day',
    '',
    table(
      ['attack, by token, at ten in the morning', 'its calls to the PSP', 'honest tries that were refused'],
      mixed.map(({ name, calls, refusedShoppers, shoppers }) => [
        name,
        String(calls),
        `${refusedShoppers} of ${shoppers}`,
      ]),
    ),
    '',
    'Where nothing narrower explains an attack, strangers’ cards in one flow are refused, and that costs sales: shoppers of this shop who pay by token, during',
    'the blocks. Shoppers who were good before are let through, and honest probes end the block. A merchant who sends `customer_ip` spares itself most of it.',
    '',
    '## A competitor with made-up cards',
    '',
    'Two days of a small shop with one payment a minute by token, each good and from an address that was never seen; and somebody who wants it closed, with',
    'small payments, each from another address and declined as `incorrect_number`.',
    '',
    table(
      ['cards', 'how many', 'of these sent to the PSP', 'blocks', 'honest tries that were refused'],
      competitors.map(({ name, cards, calls, blocks, refusedShoppers, shoppers }) => [
        name,
        String(cards),
        String(calls),
        String(blocks),
        `${refusedShoppers} of ${shoppers}`,
      ]),
    ),
    '',
    'The last is two made-up cards for each honest one, all day: that is card testing, and strangers are refused for most of it.',
    '',
  ].join('\n')
}
