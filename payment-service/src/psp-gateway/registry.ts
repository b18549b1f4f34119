import { adyenPsp } from './adyen/adyen.ts'
import type { Psp } from './port.ts'
import { sandboxPsp } from './sandbox/sandbox.ts'
import { stripePsp } from './stripe/stripe.ts'

/** Every PSP that FinCore can talk to. A new one is a folder beside `sandbox/`, and a line here. */
const registered = {
  sandbox: sandboxPsp,
  stripe: stripePsp,
  adyen: adyenPsp,
} satisfies Record<string, Psp>

export type PspName = keyof typeof registered

export const psps: Readonly<Record<PspName, Psp>> = registered
export const pspNames = Object.keys(psps) as PspName[]
/** PSPs that move no money, and that production therefore uses nowhere. */
export const testPsps: readonly PspName[] = pspNames.filter((name) => psps[name].isTest)
