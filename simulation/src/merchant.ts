import type { Deps } from '@fincore/payment-service/deps'
import type { Answer } from '@fincore/payment-service/flows/replay'
import { isRefusal, type Refusal } from '@fincore/payment-service/refusal'
import type { Ground } from './ground.ts'
import { pickService } from './processes.ts'
import { ConnectionLost, type Service } from './service.ts'

/** What a merchant was answered under one idempotency key. */
export type Heard = { story: string; operation: string; key: string; at: number; answer: Answer | Refusal }
export type Handle = (deps: Deps, service: Service) => Promise<Answer | Refusal>

/** How long a merchant waits before the same request again, in ms: about what the integration guide says. */
const retriesMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000, 60_000]
/** Refusals after which the same request is sent again. */
const passing = new Set(['idempotency_key_in_use', 'psp_unavailable', 'operation_in_progress', 'internal_error'])

/** A merchant's server, which knows FinCore by its answers alone. */
export function makeMerchant({ clock, choices, trace, fault }: Ground, services: readonly Service[]) {
  const heard: Heard[] = []

  /** Sends one request to some process; null when no answer came. */
  async function once(story: string, operation: string, key: string, handle: Handle): Promise<Answer | Refusal | null> {
    const own = choices.within(story)
    const service = pickService(services, own.spread('process'))
    trace(`merchant → FinCore   ${story}: ${operation} (${key}) to ${service?.name ?? 'nobody: all are down'}`)
    if (service === undefined) return null
    const isLost = own.pick(`${operation} answer`, { arrives: 92, 'is lost': 8 }) === 'is lost'
    try {
      const answer = await service.call((deps) => handle(deps, service))
      if (isLost) {
        fault('answer to the merchant lost')
        trace(`merchant             ${story}: the answer to ${operation} is lost`)
        return null
      }
      heard.push({ story, operation, key, at: clock.now(), answer })
      trace(`FinCore → merchant   ${story}: ${operation}: ${brief(answer)}`)
      return answer
    } catch (error) {
      const why = error instanceof ConnectionLost ? 'no answer' : `500 (${describe(error)})`
      trace(`FinCore → merchant   ${story}: ${operation}: ${why}`)
      return null
    }
  }

  /** Sends a request as merchants do: most again and again with the same key until there is an answer, some otherwise. */
  async function ask(story: string, operation: string, handle: Handle): Promise<Answer | Refusal | null> {
    const key = `${story} ${operation}`
    const manners = choices
      .within(story)
      .pick(`${operation} asked`, { patiently: 84, 'once and never again': 8, 'twice at once': 8 })
    if (manners !== 'patiently') fault(`merchant asks ${manners}`)
    if (manners === 'once and never again') return once(story, operation, key, handle)
    const twin = manners === 'twice at once' ? once(story, operation, key, handle) : null
    for (const pause of retriesMs) {
      const answer = await once(story, operation, key, handle)
      if (answer !== null && !(isRefusal(answer) && passing.has(answer.refused))) {
        await twin
        return answer
      }
      await clock.wait(pause)
    }
    return null
  }

  return {
    ask,
    heard,
    /** The charge that a story's first request was answered with. */
    chargeOf(story: string): string | null {
      const answer = heard.findLast((one) => one.story === story && one.operation === 'charge')?.answer
      return answer !== undefined && 'body' in answer && 'id' in answer.body ? String(answer.body.id) : null
    },
  }
}
export type Merchant = ReturnType<typeof makeMerchant>

function brief(answer: Answer | Refusal): string {
  if (isRefusal(answer)) return answer.refused
  const { id, status } = answer.body as { id?: string; status?: string }
  return `${answer.status} ${id} ${status}${answer.replayed ? ', replayed' : ''}`
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
