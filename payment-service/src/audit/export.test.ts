import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { testPrograms } from '@fincore/dev/test-programs'
import fc from 'fast-check'
import { recordAudit } from '../store/audit.ts'
import { exportAudit } from './export.ts'
import { sealAuditRecords } from './seal.ts'
import { makeSealedLog, recordsPerSeal, type SealedLog, seals, seed } from './testing/sealed-log.ts'
import { unpackExports } from './unpack.ts'
import { type ExportReport, verifyExport } from './verify-export.ts'

let log: SealedLog
/** The whole log as an export. */
let lines: string[]
const days = (from: string, to: string) => ({ from: `${from}T00:00:00Z`, to: `${to}T00:00:00Z` })
const everything = days('2020-01-01', '2100-01-01')
/** Each round of records belongs to a day of its own. */
const dayOf = (seal: number) => `2026-01-${String(seal).padStart(2, '0')}`

before(async () => {
  log = await makeSealedLog()
  lines = await exportOf(everything)
})
after(() => log.close())

async function exportOf(range: { from: string; to: string }): Promise<string[]> {
  let text = ''
  for await (const part of exportAudit(log.app, range)) text += part
  return text.trimEnd().split('\n')
}
async function* inOrder(lines: readonly string[]) {
  for (const line of lines) yield Buffer.from(`${line}\n`)
}
const check = (lines: readonly string[], known?: { number: bigint; hash: string }) =>
  verifyExport(inOrder(lines), known)
const problemsOf = async (lines: readonly string[]) => (await check(lines)).problems
const known = ({ lastSeal }: Pick<ExportReport, 'lastSeal'>) => ({
  number: BigInt(lastSeal?.number ?? 0),
  hash: lastSeal?.hash ?? '',
})

test('an export holds every record with its seal, and is whole', async () => {
  const report = await check(lines)
  assert.deepEqual(report.problems, [])
  assert.deepEqual([report.records, report.seals], [seals * recordsPerSeal, seals])
  const { rows } = await log.owner.query(
    'select id::text, actor, resource, details from audit_records order by id limit 1',
  )
  const first = lines.map((line) => JSON.parse(line)).find(({ line }) => line === 'record')
  assert.deepEqual(
    { id: first.id, actor: first.actor, resource: first.resource, details: JSON.parse(first.details) },
    rows[0],
  )
  assert.equal(first.seal, '1')
})

/** The digest of an export that somebody changed, computed anew: then the seals alone speak. */
function withDigest(changed: readonly string[]): string[] {
  const body = changed.slice(0, -1)
  const sha256 = createHash('sha256')
    .update(`${body.join('\n')}\n`)
    .digest('hex')
  return [...body, JSON.stringify({ line: 'digest', sha256 })]
}

type Change = { name: string; lines: string[] }
const anyLine = fc.nat(seals * (recordsPerSeal + 1) + 2)
const change = fc.oneof<fc.Arbitrary<(lines: readonly string[]) => Change>[]>(
  fc.record({ at: anyLine, place: fc.nat(400), bit: fc.nat(6) }).map(({ at, place, bit }) => (lines) => {
    const line = lines[at] ?? ''
    const where = place % line.length
    const other = String.fromCharCode(line.charCodeAt(where) ^ (1 << bit))
    return {
      name: `bit ${bit} of character ${where} of line ${at}`,
      lines: lines.with(at, line.slice(0, where) + other + line.slice(where + 1)),
    }
  }),
  anyLine.map((at) => (lines) => ({ name: `line ${at} removed`, lines: lines.toSpliced(at, 1) })),
  fc.tuple(anyLine, anyLine).map(([from, to]) => (lines) => ({
    name: `line ${from} once more at ${to}`,
    lines: lines.toSpliced(to, 0, lines[from] ?? ''),
  })),
  fc
    .tuple(anyLine, anyLine)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => (lines) => ({
      name: `lines ${a} and ${b} in each other's place`,
      lines: lines.with(a, lines[b] ?? '').with(b, lines[a] ?? ''),
    })),
  anyLine.map((at) => (lines) => ({ name: `cut off at ${at}`, lines: lines.slice(0, at) })),
)

test('a change of an export is reported, whatever and wherever it is', async () => {
  await fc.assert(
    fc.asyncProperty(change, async (apply) => {
      const changed = apply(lines)
      assert.notDeepEqual(await problemsOf(changed.lines), [], changed.name)
    }),
    { seed, numRuns: 80 },
  )
})

test('a change of a record or a seal is reported also when the digest was computed anew', async () => {
  const sealed = fc.integer({ min: 1, max: seals * (recordsPerSeal + 1) })
  await fc.assert(
    fc.asyncProperty(sealed, fc.nat(400), fc.nat(6), async (at, place, bit) => {
      const line = lines[at] ?? ''
      const where = place % line.length
      const other = String.fromCharCode(line.charCodeAt(where) ^ (1 << bit))
      const changed = withDigest(lines.with(at, line.slice(0, where) + other + line.slice(where + 1)))
      assert.notDeepEqual(await problemsOf(changed), [], `bit ${bit} of character ${where} of line ${at}`)
    }),
    { seed, numRuns: 80 },
  )
  assert.deepEqual(await problemsOf(withDigest(lines)), [])
})

test('what no seal covers is under the digest: the range, and how many records were left out', async () => {
  const end = lines.length - 2
  const changed = [
    lines.with(0, (lines[0] ?? '').replace('2020', '2021')),
    lines.with(end, (lines[end] ?? '').replace('"unsealed":0', '"unsealed":1')),
    lines.with(
      end + 1,
      (lines[end + 1] ?? '').replace(/[0-9a-f]"}$/, (last) => (last[0] === '0' ? '1"}' : '0"}')),
    ),
  ]
  for (const one of changed) {
    assert.notDeepEqual(one, lines)
    assert.match((await problemsOf(one)).join(), /The digest of the last line is another/)
  }
})

test('a range of days has the seals of its records, whole, and follows from the one before', async () => {
  await log.owner.query(
    `update audit_records r set at = ('2026-01-01T12:00:00Z'::timestamptz + (s.seal_number - 1) * interval '1 day')
     from audit_sealed_records s where s.record_id = r.id`,
  )
  // The times belong to what is sealed, so the chain is computed anew, by the service's own hand.
  await log.owner.query(
    'delete from audit_sealed_records; delete from audit_seals; insert into audit_unsealed select id from audit_records',
  )
  const { rows } = await log.owner.query<{ id: string }>('delete from audit_unsealed returning record_id::text as id')
  const ids = rows.map((row) => BigInt(row.id)).sort((a, b) => (a < b ? -1 : 1))
  for (let seal = 0; seal < seals; seal++) {
    const own = ids.slice(seal * recordsPerSeal, (seal + 1) * recordsPerSeal)
    await log.owner.query('insert into audit_unsealed select unnest($1::bigint[])', [own])
    await sealAuditRecords(log.app)
  }
  const first = await check(await exportOf(days(dayOf(1), dayOf(4))))
  assert.deepEqual([first.problems, first.seals, first.lastSeal?.number], [[], 3, '3'])
  assert.equal(first.follows?.number, '0')
  const second = await exportOf(days(dayOf(4), dayOf(6)))
  const report = await check(second, known(first))
  assert.deepEqual([report.problems, report.seals, report.follows?.number], [[], 2, '3'])
  const other = { number: 3n, hash: 'ab'.repeat(32) }
  assert.match((await check(second, other)).problems.join(), /does not follow from the known seal 3/)
  assert.match((await check(second, { ...other, number: 9n })).problems.join(), /is not in this export/)
  assert.match((await check(second, { ...other, number: 5n })).problems.join(), /not the one that is known/)
  const empty = await exportOf(days('2020-01-01', '2020-02-01'))
  assert.deepEqual([empty.length, await problemsOf(empty)], [3, []])
})

test('what is not sealed yet is counted and left out', async () => {
  await recordAudit(log.app, {
    actorType: 'operator',
    actor: 'ada',
    type: 'merchant.create',
    outcome: 'success',
    origin: '::1',
  })
  const end = (await exportOf(everything)).at(-2)
  assert.equal(JSON.parse(end ?? '').unsealed, 1)
})

test('an export is read a few seals at a time, and holds back when nobody takes it', async () => {
  let queries = 0
  const query = log.app.query.bind(log.app)
  const counted = Object.assign(Object.create(log.app), {
    query: (...all: Parameters<typeof query>) => {
      queries++
      return query(...all)
    },
  })
  const parts = exportAudit(counted, everything)
  await parts.next()
  await parts.next()
  const afterFirst = queries
  for await (const _part of parts) {
    // Only the number of questions counts.
  }
  assert.ok(afterFirst <= 3, `${afterFirst} questions for the first seal`)
  assert.ok(queries > afterFirst)
})

/** The command itself, as an operator runs it. */
function run(...args: string[]): Promise<{ stdout: Buffer; stderr: Buffer }> {
  return promisify(execFile)(process.execPath, [testPrograms.fincore, 'audit', ...args], {
    env: { DATABASE_URL: log.database.appUrl, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    maxBuffer: 2 ** 24,
    encoding: 'buffer',
  })
}

test('fincore audit export writes a file that fincore audit verify --file finds whole, and the export is audited', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fincore-export-'))
  t.after(() => rm(folder, { recursive: true }))
  const { stdout } = await run('export', '--from', '2026-01-02', '--to', '2026-01-03')
  const file = join(folder, 'export.jsonl')
  await writeFile(file, stdout)
  assert.match(
    (await run('verify', '--file', file)).stdout.toString(),
    /Begins after seal 1:[\s\S]*20 sealed records under 1 seals[\s\S]*is whole/,
  )
  await writeFile(file, (await readFile(file, 'utf8')).replace('"outcome":"success"', '"outcome":"refused"'))
  await assert.rejects(
    run('verify', '--file', file),
    (error: { code: number; stdout: Buffer }) => error.code === 1 && error.stdout.includes('Seal 2 does not fit'),
  )
  await assert.rejects(run('verify', '--file', join(folder, 'none')), { code: 2 })
  await assert.rejects(run('export', '--from', '2026-02-30', '--to', '2026-03-01'), /A time is a day/)
  const { rows } = await log.owner.query(
    `select actor_type, actor, outcome, details from audit_records where type = 'audit_log.export'`,
  )
  assert.deepEqual(rows, [
    {
      actor_type: 'system',
      actor: 'database login fincore_app',
      outcome: 'success',
      details: { from: '2026-01-02T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' },
    },
  ])
})

test('an export is checked as the bytes that it is: any text of an operator’s is whole, a changed end of a line is not', async (t) => {
  const reason = 'one\u2028two\u2029three\u0085four\ufeff\ufffd\r\nfive'
  await recordAudit(log.app, {
    actorType: 'operator',
    actor: 'ada',
    type: 'raw_card_grant.suspend',
    outcome: 'success',
    origin: '::1',
    details: { reason },
  })
  await sealAuditRecords(log.app)
  const folder = await mkdtemp(join(tmpdir(), 'fincore-export-'))
  t.after(() => rm(folder, { recursive: true }))
  const exported = await run('export', '--from', '2020-01-01', '--to', '2100-01-01')
  assert.equal(exported.stderr.toString(), '')
  assert.ok(exported.stdout.includes('one\u2028two\u2029three'))
  const file = join(folder, 'export.jsonl')
  const verify = async (bytes: Buffer): Promise<string> => {
    await writeFile(file, bytes)
    const { stdout } = await run('verify', '--file', file).catch((error: { stdout: Buffer }) => error)
    return stdout.toString()
  }
  assert.match(await verify(exported.stdout), /The export is whole/)
  const text = exported.stdout.toString()
  const changed: [Buffer, RegExp][] = [
    [Buffer.from(text.replaceAll('\n', '\r\n')), /Line 1 .* carriage return.* Copy it as binary/],
    [exported.stdout.subarray(0, -1), /no line feed at its end: the file was cut off/],
    [Buffer.from(`\ufeff${text}`), /Line 1 is not one/],
    [Buffer.from(`${text}\n`), /is not one that an export has there/],
    // What is no UTF-8 is read as U+FFFD, which may stand there by right.
    [Buffer.from(exported.stdout.toString('latin1').replace('\xef\xbf\xbd', '\xff'), 'latin1'), /is not one that/],
  ]
  for (const [bytes, says] of changed) {
    const said = await verify(bytes)
    assert.match(said, says)
    assert.match(said, /The export is NOT whole/)
  }
})

test('a login that cannot write the log exports nothing', async () => {
  await log.owner.query('revoke insert on audit_records from fincore_app')
  await assert.rejects(
    promisify(execFile)(
      process.execPath,
      [testPrograms.fincore, 'audit', 'export', '--from', '2026-01-02', '--to', '2026-01-03'],
      {
        env: { DATABASE_URL: log.database.appUrl, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      },
    ),
    (error: { code: number; stdout: string }) => error.code === 2 && error.stdout === '',
  )
})

/** As CloudWatch and Firehose leave an export in an archive: packed pieces of some lines each, behind each other. */
function archiveOf(stream: string, lines: readonly string[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < lines.length; at += 7) {
    const logEvents = lines.slice(at, at + 7).map((message, index) => ({ id: `${at + index}`, timestamp: 1, message }))
    const envelope = { messageType: 'DATA_MESSAGE', owner: '1', logGroup: 'g', logStream: stream, logEvents }
    pieces.push(gzipSync(JSON.stringify(envelope)))
  }
  return pieces
}

test('from the pieces of an archive, in any order and some twice, comes the same export', () => {
  const pieces = archiveOf('run/1', ['(node:1) a warning', ...lines])
  const file = Buffer.concat([...pieces.slice(3).reverse(), ...pieces.slice(0, 5)])
  assert.deepEqual([...unpackExports([file])], [['run/1', lines]])
  assert.throws(() => unpackExports([file.subarray(0, -9)]), /cannot be unpacked/)
})

test('a piece that is missing in the archive is found, and two runs are not mixed', async () => {
  const [first = Buffer.alloc(0), , ...rest] = archiveOf('run/1', lines)
  const runs = unpackExports([first, ...rest, ...archiveOf('run/2', lines)])
  assert.deepEqual([...runs.keys()], ['run/1', 'run/2'])
  assert.notDeepEqual(await problemsOf(runs.get('run/1') ?? []), [])
  assert.deepEqual(await problemsOf(runs.get('run/2') ?? []), [])
})
