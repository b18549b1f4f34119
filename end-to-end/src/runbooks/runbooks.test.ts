import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writeDevFile } from '@fincore/dev/dev-file'
import { pathInRepository } from '@fincore/dev/managed-process'
import { readRouteTable } from '@fincore/dev/pci/route-table'
import { runOnTerminal } from '@fincore/payment-service/cli/testing/fake-terminal'
import pg from 'pg'
import { useWorld, type World } from '../world.ts'
import { callAdmin } from './call-admin.ts'
import { fillIn, findFault } from './check-commands.ts'
import { findSqlFault, runMade } from './check-sql.ts'
import { findWordFault, isRoute } from './check-words.ts'
import { readRunbook } from './read-runbook.ts'

/** A runbook is read at night by somebody who is in a hurry: nothing in it may be wrong, or have been true once. */
const unread: string[] = []
const runbooks = readdirSync(pathInRepository('docs/runbooks'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => readRunbook(name, readFileSync(pathInRepository(`docs/runbooks/${name}`), 'utf8'), unread))
const commands = runbooks.flatMap((runbook) => runbook.commands)
const calls = commands.filter(({ words }) => words[0] === 'as')
const statements = runbooks.flatMap((runbook) => runbook.statements)

/** Commands of `fincore` that change nothing but the audit log, and are run for a merchant that there is. */
const looks =
  /^fincore (doctor|(merchants|psp|keys|raw-card|notices|operators|webhooks) list|audit verify --database-url)\b/

describe('the runbooks', () => {
  let world: World
  let pool: pg.Pool
  let home: string
  before(async () => {
    world = await useWorld()
    pool = new pg.Pool({ connectionString: world.fincore.dev.app_database_url, max: 1 })
    home = mkdtempSync(join(tmpdir(), 'fincore-runbooks-'))
    writeDevFile(home, world.fincore.dev)
  })
  after(async () => {
    rmSync(home, { recursive: true, force: true })
    await pool.end()
    await world.close()
  })

  it('hold commands that can be sent, of programs that are known, with variables that are set', () => {
    assert.deepEqual(unread, [])
    const faults = commands.flatMap((command) => {
      const fault = findFault(command)
      return fault === null ? [] : [`${command.at}: ${command.words.join(' ')}: ${fault}`]
    })
    assert.deepEqual(faults, [])
    assert.ok(commands.length > 100, `only ${commands.length} commands were read`)
  })

  it('call the admin API and the management port as they are', async () => {
    assert.ok(calls.length > 20)
    const faults: string[] = []
    for (const { at, words } of calls) {
      const fault = await callAdmin(world, words)
      if (fault !== null) faults.push(`${at}: ${words.join(' ')}: ${fault}`)
    }
    for (const { at, words } of commands.filter(({ words }) => words[0] === 'curl')) {
      const url = words.at(-1)?.replace('http://127.0.0.1:4004', world.fincore.dev.management) ?? ''
      const { status } = await world.http.send('GET', url, {})
      if (status !== 200) faults.push(`${at}: ${words.join(' ')}: ${status}`)
    }
    assert.deepEqual(faults, [])
  })

  it('ask the database what it can be asked, with the rights of the service', async () => {
    assert.ok(statements.length > 10)
    const faults: string[] = []
    for (const { at, sql } of statements) {
      const fault = await findSqlFault(pool, sql)
      if (fault !== null) faults.push(`${at}: ${sql}: ${fault}`)
    }
    assert.deepEqual(faults, [])
  })

  it('name metrics, alerts, settings, codes and messages of the log that there are', () => {
    const faults = runbooks.flatMap(({ words, statements }) =>
      words.flatMap(({ at, text }) => {
        const fault = findWordFault(text, statements.map(({ sql }) => sql).join('\n'))
        return fault === null ? [] : [`${at}: ${text}: ${fault}`]
      }),
    )
    assert.deepEqual(faults, [])
  })

  it('name routes that there are', async () => {
    const routes = await readRouteTable()
    const named = runbooks.flatMap(({ words }) =>
      words.filter(({ text }) => /^(GET|POST|PUT|PATCH|DELETE) /.test(text)),
    )
    assert.ok(named.length > 3)
    assert.deepEqual(
      named.filter(({ text }) => !isRoute(text, routes)),
      [],
    )
    assert.equal(isRoute('GET /health/well', routes), false)
  })

  it('look with commands that work', async () => {
    const { dev } = world.fincore
    const env = {
      FINCORE_DATA_DIR: home,
      HOME: home,
      DATABASE_URL: dev.app_database_url,
      ENCRYPTION_KEY: dev.encryption_key,
      INTERNAL_TOKEN: dev.internal_token,
      PUBLIC_URL: dev.api,
      RELAY_URL: dev.relay,
    }
    const lines = commands.filter(({ isMentioned, words }) => !isMentioned && looks.test(words.join(' ')))
    const distinct = new Map(lines.map(({ words }) => [words.join(' '), words]))
    assert.ok(distinct.size > 3)
    for (const [line, words] of distinct) {
      const operands = words.slice(1).map((word) => {
        if (word === 'mer_…') return dev.merchant
        return word === 'postgres://app' ? dev.app_database_url : fillIn(word)
      })
      const { code, err } = await runOnTerminal(operands, { env, cwd: home })
      assert.ok(code === 0 || code === 1, `${line}: ${code} ${err}`)
    }
  })

  it('find card numbers in the database, and show none', async () => {
    const search = statements.find(({ sql }) => sql.endsWith('\\gexec'))?.sql ?? ''
    const client = await world.database.connect()
    try {
      await client.query(`begin; create table notes (note text);
        insert into notes values ('paid by 4000 0000 0000 0002, thanks'), ('order 4000000000000003'), ('id a4000000000000002')`)
      const rows = await runMade(client, search)
      const found = rows.filter(({ in_table }) => in_table === 'notes')
      assert.deepEqual(found, [{ in_table: 'notes', at_row: '(0,1)', number: '400000…0002', times: '1' }])
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  it('are checked by what notices a wrong command', () => {
    const wrong: Record<string, RegExp> = {
      'fincore raw-card pause grant_… --merchant mer_…': /unknown command/,
      'fincore raw-card suspend grant_… --merchant mer_… --for 5': /unknown option/,
      'fincore raw-card suspend grant_…': /required option/,
      'fincore raw-card suspend mer_… --merchant mer_…': /An id of this kind/,
      'npm run drill:gone': /no script/,
      'npm run drill:failover -- --gently': /knows no --gently/,
      'aws ecs delete-cluster --cluster x': /has no ecs delete-cluster/,
      'aws logs tail /x --loudly': /no --loudly/,
      'aws logs tail /fincore/production/apy --since 1h': /no stack makes/,
      'grep fincore_psp_is_sad': /finds no metric/,
      'pgrep fincore': /nothing knows the program/,
    }
    for (const [line, says] of Object.entries(wrong)) {
      const faults: string[] = []
      const [command] = readRunbook('x.md', `\`\`\`sh\n${line}\n\`\`\`\n`, faults).commands
      assert.ok(command, line)
      assert.match(findFault(command) ?? 'nothing', says, line)
    }
    const faults: string[] = []
    readRunbook('x.md', '```sh\nfincore psp check --merchant $nobody\n```\n```python\n1\n```\n', faults)
    assert.deepEqual(faults, ['x.md:1: nothing sets $nobody', 'x.md:4: nothing checks a block of this kind'])
  })

  it('are checked by what notices a name or a message that is not there', () => {
    for (const text of ['fincore_ready_total', 'FincoreSleeps', 'psp_is_sad', 'a PSP is away; nobody must look'])
      assert.notEqual(findWordFault(text), null, text)
    for (const text of ['fincore_ready', 'FincoreSheds', 'psp_unavailable', 'audit records were lost'])
      assert.equal(findWordFault(text), null, text)
  })

  it('are checked by what notices a call or a statement that is refused', async () => {
    const calls = {
      'as alice GET /gone': /route_not_found/,
      'as alice GET /held_psp_events?state=lost': /parameter_invalid state/,
      'as alice POST /unresolved_attempts/att_…/settle {"outcome":"perhaps"}': /422|400/,
      'as carol GET /deployment': /nobody/,
    }
    for (const [line, says] of Object.entries(calls))
      assert.match((await callAdmin(world, line.split(' '))) ?? 'nothing', says, line)
    const sql = {
      'select gone from charges': /does not exist/,
      'delete from audit_records': /permission denied/,
      'drop table charges': /no kind/,
    }
    for (const [text, says] of Object.entries(sql))
      assert.match((await findSqlFault(pool, text)) ?? 'nothing', says, text)
  })
})
