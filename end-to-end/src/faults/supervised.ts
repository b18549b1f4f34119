import { setTimeout as sleep } from 'node:timers/promises'
import { type Exit, type ManagedProcess, type ProcessPlan, startManagedProcess } from '@fincore/dev/managed-process'

/** A process that is started again whenever it ends, as a service manager does it. */
export type Supervised = {
  name: string
  isUp(): boolean
  /** `kill -9`, and waits until it is gone. Nobody starts it before `revive`. */
  kill(): Promise<void>
  /** Starts it again, and again until it runs. @throws Error when it does not within a minute. */
  revive(): Promise<void>
  stop(): Promise<void>
}

const reviveWithinMs = 60_000

/** @param onOwnExit told when it ends although nobody killed it. */
export async function startSupervised(
  plan: ProcessPlan,
  onOwnExit: (name: string, exit: Exit) => void,
): Promise<Supervised> {
  let isUp = true
  let isStopping = false
  const process: ManagedProcess = await startManagedProcess(plan, (name, exit) => {
    isUp = false
    onOwnExit(name, exit)
    if (!isStopping) void revive().catch(() => {})
  })
  let reviving: Promise<void> | null = null
  const startAgain = async () => {
    for (const until = performance.now() + reviveWithinMs; ; await sleep(300)) {
      try {
        await process.restart()
        isUp = true
        return
      } catch (error) {
        if (performance.now() > until || isStopping) throw error
      }
    }
  }
  const revive = () => {
    reviving ??= startAgain().finally(() => {
      reviving = null
    })
    return reviving
  }
  return {
    name: plan.name,
    isUp: () => isUp,
    async kill() {
      await reviving?.catch(() => {})
      isUp = false
      await process.kill('SIGKILL')
    },
    revive,
    async stop() {
      isStopping = true
      await reviving?.catch(() => {})
      await process.stop()
    },
  }
}
