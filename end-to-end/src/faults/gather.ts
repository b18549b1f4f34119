import type { JudgedWorld } from './drill-world.ts'
import { gatherEvidence } from './invariants/evidence.ts'
import type { Journal } from './journal.ts'

/** Reads everything past the proxies: what is judged is what is, and not what a link let through. */
export function gather(world: JudgedWorld, journal: Journal, samples: readonly string[] = []) {
  const { http, addresses, secrets, merchant, receiver, database } = world
  return gatherEvidence({
    database,
    merchant: merchant.merchant,
    readTruth: () => http.json('GET', `${addresses.pspApi}/truth`, { bearer: secrets.psp_admin_token }),
    readApi: (path) => http.json('GET', `${addresses.api}${path}`, { bearer: merchant.secret_key }),
    asked: journal.asked,
    received: receiver.received,
    samples,
    settleMs: 2_000,
  })
}
