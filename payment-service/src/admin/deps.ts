import type { Deps } from '../deps.ts'

/** What the admin API works with: no PSP is called, and no charge is made. */
export type AdminDeps = Pick<
  Deps,
  'config' | 'pool' | 'directory' | 'vault' | 'psps' | 'pspHealth' | 'now' | 'log' | 'wakeInbox'
>
