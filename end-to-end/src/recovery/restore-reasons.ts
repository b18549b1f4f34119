import type { DrillResult } from '../faults/drill.ts'
import { type Aftermath, findUnfound } from './aftermath.ts'
import type { Restored } from './restore.ts'

/** Why a restore has failed; empty when it did what it promises. */
export function findRestoreReasons(restored: Restored, drill: DrillResult, aftermath: Aftermath | null): string[] {
  const { acknowledged, present, audit } = restored
  const reasons: string[] = []
  if (present.before < acknowledged.before.length)
    reasons.push(`${acknowledged.before.length - present.before} charges from before the moment are not there`)
  if (acknowledged.after.length === 0)
    reasons.push('nothing was acknowledged after the moment: there was nothing to lose')
  if (audit.earlierSeal !== 'whole') reasons.push('the audit log is not whole up to the moment')
  if (audit.laterSeal === 'whole') reasons.push('a seal from after the moment was not missed in the audit log')
  for (const { invariant, about, what } of drill.violations)
    if (invariant === 'I5') reasons.push(`money is not conserved: ${about} ${what}`)
  // Events about payments that are not known any more are held for operators; all else must end.
  const { inbox: _held, ...unrest } = drill.unrest ?? { inbox: 0 }
  if (Object.values(unrest).some((count) => count > 0))
    reasons.push(`it did not come to rest: ${JSON.stringify(drill.unrest)}`)
  if (aftermath !== null) reasons.push(...findUnfound(drill.evidence, aftermath))
  return reasons
}
