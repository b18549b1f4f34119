import type { Psp, PspName } from './port.ts'
import { sandboxPsp } from './sandbox/sandbox.ts'

/** Every PSP that FinCore can talk to. A new one is a folder beside `sandbox/`, a name in port.ts, and a line here. */
export const psps: Readonly<Record<PspName, Psp>> = {
  sandbox: sandboxPsp,
}
