import { linkStates } from '../../flows/read-link.ts'
import { type Cell, linkEvents, linkGoals, linkMatrix, linkPages, linkRules } from './matrix.ts'

/** The text of `docs/link-matrix.md`. */
export function describeLinkMatrix(): string {
  const events = Object.keys(linkEvents) as (keyof typeof linkEvents)[]
  const states = Object.keys(linkStates) as (keyof typeof linkStates)[]
  return [
    '<!-- Made from payment-service/src/http/link/matrix.ts. Change the table there; its test says how to write this page. -->',
    '# The payment link, state by state',
    '',
    '`POST /v1/payment_sessions` answers with a link of FinCore’s own, `{PUBLIC_URL}/s/{token}`, which works in one browser. This is what it',
    'answers in every state to everything that can happen to it. A test drives each cell over HTTP.',
    '',
    table(
      ['State', 'Meaning'],
      states.map((state) => [`\`${state}\``, linkStates[state]]),
    ),
    '',
    table(
      ['Event', 'What happens'],
      events.map((event) => [`\`${event}\``, linkEvents[event]]),
    ),
    '',
    table(
      ['State', ...events.map((event) => `\`${event}\``)],
      states.map((state) => [`\`${state}\``, ...events.map((event) => describe(linkMatrix[state][event]))]),
    ),
    '',
    '**Bold** is what changes; everything else changes nothing.',
    '',
    ...linkRules.map((rule) => `- ${rule}`),
    '',
    '## The pages',
    '',
    table(
      ['Page', 'What it says'],
      Object.entries(linkPages).map(([name, text]) => [`*${name}*`, text]),
    ),
    '',
  ].join('\n')
}

function describe(cell: Cell): string {
  const answer = 'page' in cell ? `${cell.status} *${cell.page}*` : `${cell.status} to ${linkGoals[cell.goal]}`
  return cell.changes === undefined ? answer : `${answer}; **${cell.changes}**`
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
