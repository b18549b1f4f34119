import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import Schema from 'typebox/schema'
import { maxRecordsPerSeal, type Seal } from './canonical.ts'
import { type AuditReport, type ChainCheck, createChainCheck, type KnownSeal } from './check-chain.ts'

const text = Type.String()
const textOrNull = Type.Union([Type.String(), Type.Null()])
const hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const sealNumber = Type.String({ pattern: '^[1-9]\\d{0,17}$' })
const count = Type.Integer({ minimum: 0 })
const strict = { additionalProperties: false }
const lineSchema = Type.Union([
  Type.Object({ line: Type.Literal('export'), from: text, to: text }, strict),
  Type.Object(
    {
      line: Type.Literal('record'),
      seal: sealNumber,
      id: text,
      at: text,
      actorType: text,
      actor: text,
      type: text,
      outcome: text,
      origin: text,
      merchantId: textOrNull,
      resource: textOrNull,
      details: text,
    },
    strict,
  ),
  Type.Object(
    { line: Type.Literal('seal'), number: sealNumber, previous_hash: hash, hash, sealed_at: text, records: count },
    strict,
  ),
  Type.Object({ line: Type.Literal('end'), seals: count, records: count, unsealed: count }, strict),
  Type.Object({ line: Type.Literal('digest'), sha256: hash }, strict),
])
const validator = Schema.Compile(lineSchema)

type Line = Static<typeof lineSchema>
type RecordLine = Extract<Line, { line: 'record' }>

export type ExportReport = AuditReport & {
  /** The hash before the first seal: the last one of the export of the time before. Null when there is no seal. */
  follows: { number: string; hash: string } | null
}

/** Which line may come after which. */
const nextLines: Record<Line['line'] | 'nothing', readonly Line['line'][]> = {
  nothing: ['export'],
  export: ['record', 'seal', 'end'],
  record: ['record', 'seal'],
  seal: ['record', 'seal', 'end'],
  end: ['digest'],
  digest: [],
}

/**
 * Checks an export without the database: every byte, the order, and that nothing is missing between its first line and
 * its last. That the whole was not computed anew only a seal shows that was kept elsewhere.
 *
 * @param lines each with its line feed.
 */
export async function verifyExport(lines: AsyncIterable<Buffer>, known?: KnownSeal): Promise<ExportReport> {
  const problems: string[] = []
  const digest = createHash('sha256')
  let chain: ChainCheck | null = null
  let follows: ExportReport['follows'] = null
  let records: RecordLine[] = []
  let before: Line['line'] | 'nothing' = 'nothing'
  let place = 0
  for await (const bytes of lines) {
    place++
    const read = readLine(bytes)
    if (read === null || !nextLines[before].includes(read.line)) {
      problems.push(`Line ${place} is not one that an export has there.${explainEnd(bytes)}`)
      break
    }
    before = read.line
    if (read.line === 'digest') {
      if (digest.digest('hex') !== read.sha256)
        problems.push('The digest of the last line is another: bytes were changed.')
      continue
    }
    digest.update(bytes)
    if (read.line === 'record') {
      if (records.length === maxRecordsPerSeal) {
        problems.push(`Line ${place} is one record more than a seal has.`)
        break
      }
      records.push(read)
    } else if (read.line === 'seal') {
      follows ??= { number: String(BigInt(read.number) - 1n), hash: read.previous_hash }
      chain ??= createChainCheck(known, predecessorOf(follows))
      if (read.records !== records.length || records.some((record) => record.seal !== read.number))
        problems.push(`The records before line ${place} are not those of its seal.`)
      chain.addSeal(readSeal(read), records)
      records = []
    } else if (read.line === 'end') {
      const { seals = 0, records = 0 } = chain?.report ?? {}
      if (read.seals !== seals || read.records !== records)
        problems.push('The end speaks of other numbers of seals and records: lines are missing or were added.')
    }
  }
  if (before !== 'digest') problems.push('The export does not end with its last line: its end is missing.')
  const { report } = chain ?? createChainCheck()
  if (known !== undefined) problems.push(...checkKnown(known, follows, report))
  return { ...report, problems: [...report.problems, ...problems], follows }
}

/** Nothing comes before seal 1, so what it follows is known and not to be believed. */
function predecessorOf(follows: { number: string; hash: string }): Pick<Seal, 'number' | 'hash'> | undefined {
  return follows.number === '0' ? undefined : { number: BigInt(follows.number), hash: Buffer.from(follows.hash, 'hex') }
}

/** A known seal among those of the export was compared with it; one before the first can be, and any other proves nothing. */
function checkKnown(known: KnownSeal, follows: ExportReport['follows'], report: AuditReport): string[] {
  const number = String(known.number)
  if (follows?.number === number)
    return follows.hash === known.hash ? [] : [`The export does not follow from the known seal ${number}.`]
  const isInside =
    follows !== null && known.number > BigInt(follows.number) && known.number <= BigInt(report.lastSeal?.number ?? 0)
  return isInside
    ? []
    : [`The known seal ${number} is not in this export, nor is it the one before, so it proves nothing.`]
}

function readSeal(line: Extract<Line, { line: 'seal' }>): Seal {
  return {
    number: BigInt(line.number),
    previousHash: Buffer.from(line.previous_hash, 'hex'),
    hash: Buffer.from(line.hash, 'hex'),
    sealedAt: line.sealed_at,
  }
}

/** Null unless it is, to the byte, what an export writes. */
function readLine(bytes: Buffer): Line | null {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return validator.Check(value) && bytes.equals(Buffer.from(`${JSON.stringify(value)}\n`)) ? value : null
  } catch {
    return null
  }
}

/** What a copy does to the ends of lines, said with what to do about it. */
function explainEnd(bytes: Buffer): string {
  const end = bytes.toString('latin1', bytes.length - 2)
  if (end === '\r\n')
    return ' It ends with a carriage return: a copy as text changed the ends of lines. Copy it as binary.'
  return end.endsWith('\n') ? '' : ' It has no line feed at its end: the file was cut off. Copy it anew.'
}
