import { setTimeout as sleep } from 'node:timers/promises'
import { eventTypes } from '@fincore/api-contract/events'
import { newWebhookSecret } from '../flows/webhook-secrets.ts'
import { isLoopbackHost } from '../loopback.ts'
import { toJson } from '../printable.ts'
import type { ShownEvent } from './commands/events.ts'
import type { Ending } from './exit-codes.ts'
import { CommandFailure, ProblemFailure } from './failures.ts'
import { followEvents } from './follow-events.ts'
import { createForwarder, type Forwarded, type Forwarder } from './forward-event.ts'
import { call, type Door } from './http-client.ts'
import { changeProfiles, modeOf, readProfiles } from './profiles.ts'
import { note, paint, type Surroundings, say } from './surroundings.ts'

export type ListenOptions = {
  to: string
  /** Types of events; null for all. */
  events: string[] | null
  allowsRemote: boolean
  makesSecret: boolean
  json: boolean
}

const pauseMs = 1_000
/** After polls that failed one after the other. */
const longestPauseMs = 15_000

/** `fincore webhooks listen`: forwards the events of a test merchant as they happen, until it is interrupted. */
export async function listen(io: Surroundings, door: Door, options: ListenOptions): Promise<Ending> {
  refuseLiveKey(door)
  const wanted = readTypes(options.events)
  const target = readTarget(options.to, options.allowsRemote)
  const follower = await followEvents(door)
  const forwarder = createForwarder(target, takeSecret(io, door, options.makesSecret))
  note(io, `Forwarding the events of ${door.url} to ${target.href}. Ctrl-C ends it.`)
  const ended = new AbortController()
  const stopWaiting = io.onInterrupt(() => ended.abort())
  const counts = { taken: 0, notTaken: 0 }
  let failures = 0
  try {
    while (!ended.signal.aborted) {
      const events = await follower.next().catch((error: unknown) => {
        failures = rethrowUnlessPassing(io, error, failures)
        return null
      })
      if (events !== null) failures = 0
      for (const event of events ?? []) {
        if (ended.signal.aborted) break
        if (wanted !== null && !wanted.has(event.type)) continue
        const forwarded = await forwarder.forward(event)
        counts[forwarded.isTaken ? 'taken' : 'notTaken'] += 1
        tell(io, event, forwarded, options.json)
      }
      const pause = Math.min(pauseMs * 2 ** failures, longestPauseMs)
      await sleep(pause, undefined, { signal: ended.signal }).catch(() => {})
    }
  } finally {
    stopWaiting()
    forwarder.close()
  }
  note(io, `Ended: ${counts.taken} taken, ${counts.notTaken} not.`)
  return 'done'
}

/** `fincore events resend --forward-to`: one event, once. */
export async function forwardOne(
  io: Surroundings,
  door: Door,
  id: string,
  { to, json }: { to: string; json: boolean },
): Promise<Ending> {
  refuseLiveKey(door)
  const target = readTarget(to, false)
  const event = await call<ShownEvent>(door, 'GET', `/v1/events/${id}`)
  const forwarder: Forwarder = createForwarder(target, takeSecret(io, door, false))
  const forwarded = await forwarder.forward(event)
  forwarder.close()
  tell(io, event, forwarded, json)
  return forwarded.isTaken ? 'done' : 'found'
}

function tell(io: Surroundings, event: ShownEvent, { status, error, ms, isTaken }: Forwarded, json: boolean): void {
  const { id, type } = event
  const about = event.data.object.id
  const words = [new Date().toISOString().slice(11, 19), type.padEnd(26), id, about].join('  ')
  const answer = paint(io, isTaken ? 'green' : 'red', status === null ? `${error}` : String(status))
  const line = { object: 'forwarded_event', event: id, type, about, status, error, ms }
  say(io, json ? toJson(line) : `${words}  → ${answer} (${ms} ms)`)
}

/** What passes by itself is waited for; the user is told once. */
function rethrowUnlessPassing(io: Surroundings, error: unknown, before: number): number {
  const isPassing = error instanceof CommandFailure && error.ending === 'failed'
  if (!isPassing) throw error
  const why = error instanceof ProblemFailure ? `${error.message} (${error.problem.code})` : error.message
  if (before === 0) note(io, `Waiting: ${why}`)
  return Math.min(before + 1, 10)
}

function refuseLiveKey({ token }: Door): void {
  if (modeOf(token) === 'test') return
  throw new CommandFailure(
    'The key is not one of test mode. Live events carry real customers’ data, and are not sent to a developer’s machine.',
    'Use a test key; for live events make a webhook endpoint with `fincore webhooks create`.',
  )
}

function readTypes(types: string[] | null): ReadonlySet<string> | null {
  if (types === null || types.includes('*')) return null
  const unknown = types.find((type) => !Object.hasOwn(eventTypes, type))
  if (unknown === undefined) return new Set(types)
  throw new CommandFailure(
    `There is no type of event ${unknown}.`,
    `There are ${Object.keys(eventTypes).join(', ')}.`,
    'usage',
  )
}

function readTarget(text: string, allowsRemote: boolean): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new CommandFailure('--forward-to is an address such as http://localhost:3000/webhooks.', null, 'usage')
  if (isLoopbackHost(url.hostname) || allowsRemote) return url
  throw new CommandFailure(
    `${url.hostname} is not this machine, and the events would be sent to somebody else.`,
    'If that is what you want: --allow-remote.',
    'usage',
  )
}

/** The secret that forwarded events are signed with: the same in every run, and shown when it is made. */
function takeSecret(io: Surroundings, door: Door, makesNew: boolean): string {
  const kept = readProfiles(io).listen_secrets[door.url]
  if (kept !== undefined && !makesNew) return kept
  const secret = newWebhookSecret()
  changeProfiles(io, (profiles) => {
    profiles.listen_secrets[door.url] = secret
  })
  note(io, `Verify with this secret. It is kept for the next time, and shown this once: ${secret}`)
  return secret
}
