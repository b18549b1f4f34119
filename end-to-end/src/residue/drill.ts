import { setTimeout as sleep } from 'node:timers/promises'
import type { StartedWorld } from '../world.ts'
import { type Canary, makeCanaries } from './canaries.ts'
import { assignExits } from './exits.ts'
import { type Findings, makeFindings, type Sink, sinks } from './findings.ts'
import { type Deed, type ExitCounts, sendAll } from './load.ts'
import { type MeddlingPsp, startMeddlingPsp } from './meddling-psp.ts'
import { type OwnPostgres, type Plumbing, startOwnPostgres, startPlumbing } from './plumbing.ts'
import { cardJson, chargeJson, makeRequest } from './requests.ts'
import { makeSearch, type Search } from './search.ts'
import { checkpoint, searchFiles, searchMemory, searchTables } from './search-places.ts'
import { type Subject, startControl, startFinCoreSubject } from './subjects.ts'

export type DrillOptions = {
  cards: number
  connections: number
  /** Decides the cards and which of them takes which exit. */
  seed: number
  progress(line: string): void
}

export type DrillResult = {
  cards: number
  seed: number
  seconds: number
  fincore: Findings
  control: Findings
  /** What became of the canaries of each exit; the control is one more. */
  exits: ExitCounts
  webhooksReceived: number
}

/** How long after the last answer nothing may be left. */
const graceMs = 1_000
/** A file's time of writing is some milliseconds coarser than the clock. */
const clockMarginMs = 1_000

/** Sends canaries through FinCore on every way in and out, searches all that it leaves behind, and then the control. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const startedAt = performance.now()
  const canaries = makeCanaries(options.cards, options.seed)
  const search = makeSearch(canaries)
  const exitOf = assignExits(canaries, options.seed)
  const deedOf = (canary: Canary): Deed => {
    const exit = exitOf.get(canary)
    if (exit === undefined) throw new Error('A canary has no exit')
    return { ...exit, send: (client) => exit.send(client, canary) }
  }
  await using cleanUp = new AsyncDisposableStack()
  const psp = await startMeddlingPsp(canaries, (canary) => exitOf.get(canary)?.psp ?? 'pass')
  cleanUp.defer(() => psp.close())
  const postgres = await startOwnPostgres()
  cleanUp.defer(() => postgres.stop())

  const fincore = makeFindings()
  const plumbing = await startPlumbing(search, fincore)
  cleanUp.defer(() => plumbing.close())
  const { subject, world } = await startFinCoreSubject(postgres, plumbing, psp)
  cleanUp.defer(() => subject.stop())
  const round = { canaries, search, postgres, psp, world, options }
  options.progress(`FinCore runs; ${options.cards} cards go to it over ${options.connections} connections`)
  const exits = await runRound({
    ...round,
    name: 'FinCore',
    subject,
    plumbing,
    findings: fincore,
    memories: sinks,
    searchesMidFlight: true,
    deedOf,
  })

  const control = makeFindings()
  const controlPlumbing = await startPlumbing(search, control)
  cleanUp.defer(() => controlPlumbing.close())
  const naive = await startControl(postgres, controlPlumbing, psp, world)
  cleanUp.defer(() => naive.stop())
  options.progress('The control runs; the same cards go to it')
  const controlExits = await runRound({
    ...round,
    name: 'control',
    subject: naive,
    plumbing: controlPlumbing,
    findings: control,
    searchesMidFlight: false,
    memories: ['memory of the card relay', 'memory of PostgreSQL'],
    deedOf: deedOfControl,
  })
  return {
    cards: options.cards,
    seed: options.seed,
    seconds: (performance.now() - startedAt) / 1000,
    fincore,
    control,
    exits: new Map([...exits, ...controlExits]),
    webhooksReceived: plumbing.webhooksReceived(),
  }
}

/** To the control every card goes the same way: a plain charge. */
function deedOfControl(canary: Canary): Deed {
  return {
    what: 'control',
    ends: '201',
    send: ({ relay, key }) => {
      const { head, body } = makeRequest({ bearer: key, body: chargeJson(cardJson(canary)) })
      return relay.ask(head + body)
    },
  }
}

type Round = {
  name: string
  canaries: readonly Canary[]
  search: Search
  postgres: OwnPostgres
  psp: MeddlingPsp
  world: StartedWorld
  options: DrillOptions
  subject: Subject
  plumbing: Plumbing
  findings: Findings
  /** Whose memory is searched: the control runs beside FinCore's processes, which were searched before. */
  memories: readonly Sink[]
  /** Whether files and rows are also searched half-way, and before PostgreSQL has written out what it holds. */
  searchesMidFlight: boolean
  deedOf(canary: Canary): Deed
}

async function runRound(round: Round) {
  const { name, search, findings, postgres, plumbing, subject, options } = round
  const searcher = { search, findings }
  let lastLook = Date.now()
  const searchStored = async () => {
    // Of PostgreSQL's many files most are never written to again. What was not since well before the last look began, or
    // the round, was searched then, or is older than the cards.
    const since = lastLook - clockMarginMs
    lastLook = Date.now()
    await searchFiles(searcher, subject.dataDir)
    await searchFiles(searcher, postgres.dataDir, since)
    await searchTables(searcher, postgres.ownerUrl)
  }
  const files = round.world.fincore.dev
  const clients = plumbing.openClients(options.connections, { ...subject, files, pspIsAsked: round.psp.isAsked })
  const steps = new Set([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((part) => Math.ceil(part * options.cards)))
  const result = await sendAll(round.canaries, clients, round.deedOf, {
    progress: (sent) => {
      if (steps.has(sent)) options.progress(`${name}: ${sent} cards are sent`)
    },
    atHalf: round.searchesMidFlight ? searchStored : async () => {},
  })
  await sleep(graceMs)
  searchMemory(searcher, round.memories)
  options.progress(`${name}: memory is searched`)
  if (round.searchesMidFlight) await searchStored()
  await checkpoint(postgres.ownerUrl)
  await searchStored()
  plumbing.finish()
  options.progress(`${name}: files, tables, answers and connections are searched`)
  return result
}
