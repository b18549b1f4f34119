import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { exportLines, sealMessage } from '../audit/delivery.ts'
import { synthesise } from '../checks/synthesise.ts'
import { resourcesOf } from '../cost/count-resources.ts'
import { logAlarms, unalarmed } from './log-alarms-table.ts'
import { patternOf } from './log-pattern.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const codeOf = (part: string) =>
  globSync(`${part}/src/**/*.ts`, { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .map(read)
    .join('\n')
const service = codeOf('payment-service')
const relay = codeOf('card-relay')
const messages = logAlarms.flatMap(({ line }) => ('message' in line ? [line.message] : []))

it('every message of an alarm, and that of the seals, stands in the payment service as the table has it', () => {
  const stands = (message: string) => [`'${message}'`, `"${message}"`].some((text) => service.includes(text))
  assert.deepEqual(
    [...messages, sealMessage].filter((message) => !stands(message)),
    [],
  )
})

it('every line of an export goes to the archive', () => {
  const written = read('payment-service/src/audit/export.ts').matchAll(/line: '(\w+)'/g)
  assert.deepEqual([...new Set(Array.from(written, ([, line]) => line))].sort(), [...exportLines].sort())
})

it('every event of an alarm stands in the card relay', () => {
  const words = logAlarms.flatMap(({ line }) => ('event' in line ? [line.event, line.code ?? line.event] : []))
  assert.deepEqual(
    words.filter((word) => !relay.includes(`'${word}'`)),
    [],
  )
})

it('every message that the payment service logs as an error raises an alarm, or says why not', () => {
  const errors = [...service.matchAll(/\blog\s*\.error\(\s*(?:'([^']+)'|"([^"]+)")/g)].map(
    ([, one, two]) => one ?? two ?? '',
  )
  assert.ok(errors.length > 20, 'the code is searched for the wrong form')
  assert.deepEqual(
    errors.filter((message) => !messages.includes(message) && !(message in unalarmed)),
    [],
  )
})

it('every message that operators are told to watch raises an alarm, or says why not', () => {
  const [, section = ''] = read('docs/operating.md').split('## What to watch')
  const firstColumns = [...section.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  const quoted = firstColumns.flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, words = '']) => words))
  const told = quoted.filter((words) => words.includes(' '))
  assert.ok(told.length > 20, 'the table has another form')
  assert.deepEqual(
    told.filter((message) => !messages.includes(message) && !(message in unalarmed)),
    [],
  )
})

it('each alarm counts its own line and no other', () => {
  for (const { name, line } of logAlarms) {
    const counted = messages.filter((message) => matches(patternOf(line), message))
    assert.deepEqual(counted, 'message' in line ? [line.message] : [], name)
  }
})

it('every alarm names a runbook that is there, and in it a chapter that is there', () => {
  const { templates } = synthesise('production')
  const named = resourcesOf(templates).flatMap(({ Type, Properties }) =>
    Type === 'AWS::CloudWatch::Alarm' ? [String(Properties?.AlarmDescription).split('See ')[1] ?? ''] : [],
  )
  assert.ok(named.length > 50)
  assert.deepEqual(
    [...new Set(named)].filter((place) => !isThere(place)),
    [],
  )
})

it('news of AWS’s services say by themselves what they mean and name a runbook that is there, and hold the event', () => {
  const { templates } = synthesise('production')
  const messages = resourcesOf(templates).flatMap(({ Type, Properties }) => {
    if (Type !== 'AWS::Events::Rule') return []
    const { Targets = [] } = Properties as { Targets?: { InputTransformer?: { InputTemplate: string } }[] }
    return Targets.map(({ InputTransformer }) => InputTransformer?.InputTemplate ?? '{}')
  })
  assert.ok(messages.length > 10)
  for (const message of messages) {
    const { news, means, see, event } = JSON.parse(message.replace('<aws.events.event.json>', '{}'))
    assert.ok(news && means && event && isThere(String(see)), message)
  }
})

/** Whether a page is there, with a heading that has this anchor. */
function isThere(place: string): boolean {
  const [path = '', anchor] = place.split('#')
  if (!existsSync(join(root, path))) return false
  const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase())
  return (
    anchor === undefined || headings.some((heading) => heading.replaceAll(' ', '-').replace(/[^\w-]/g, '') === anchor)
  )
}

/** As CloudWatch compares a text that may have an asterisk at either end. */
function matches(pattern: string, message: string): boolean {
  const [, start = '', text = '', end = ''] = pattern.match(/^\{ \$\.message = "(\*?)(.*?)(\*?)" \}$/) ?? []
  if (text === '') return false
  if (start && end) return message.includes(text)
  if (start) return message.endsWith(text)
  return end ? message.startsWith(text) : message === text
}
