import type { Ledger } from './ledger/database.ts'
import { abandonChallengeOf } from './payments/challenge.ts'
import { finishRefund } from './payments/operations.ts'
import { approveLate, expireSessionOf } from './payments/sessions.ts'
import type { JobKind, Psp } from './psp.ts'

const work: Record<JobKind, (psp: Psp, subject: string) => void> = {
  abandon_challenge: abandonChallengeOf,
  approve_late: approveLate,
  expire_session: expireSessionOf,
  finish_refund: finishRefund,
}

export function insertJob(ledger: Ledger, kind: JobKind, subject: string, dueAt: number): void {
  ledger.run('INSERT INTO jobs (due_at, kind, subject) VALUES (?, ?, ?)', dueAt, kind, subject)
}

export function nextJobAt(ledger: Ledger): number | null {
  return ledger.get<{ at: number | null }>('SELECT min(due_at) AS at FROM jobs')?.at ?? null
}

/** Does every job that is due, each in one transaction with its removal, so that none is done twice. */
export function runDueJobs(psp: Psp): void {
  for (;;) {
    const job = psp.ledger.get<{ id: number; kind: JobKind; subject: string }>(
      'SELECT id, kind, subject FROM jobs WHERE due_at <= ? ORDER BY due_at, id LIMIT 1',
      psp.now(),
    )
    if (!job) return
    psp.ledger.transaction(() => {
      work[job.kind](psp, job.subject)
      psp.ledger.run('DELETE FROM jobs WHERE id = ?', job.id)
    })
  }
}
