import type { Deps } from '../deps.ts'

/** What the admin API works with. No charge is made, and a PSP is only asked how an account is set up. */
export type AdminDeps = Pick<
  Deps,
  | 'config'
  | 'pool'
  | 'directory'
  | 'vault'
  | 'psps'
  | 'pspHealth'
  | 'send'
  | 'now'
  | 'log'
  | 'wakeInbox'
  | 'metrics'
  | 'readiness'
>
