import { deadlockDetected, lockTimeout } from './errors.ts'
import {
  type LockStrength,
  lockStrengths,
  type RowWaiter,
  type Slot,
  visibleTo,
  type Waiter,
  type Waits,
} from './slot.ts'
import type { Transaction } from './transaction.ts'

/**
 * Locks a row until the transaction ends, waiting for those who hold it in the order of arrival.
 *
 * @returns the row as it is now: what was seen before a wait may be out of date, and then the caller looks again.
 * @throws deadlock (40P01) when those who must end first wait for this transaction; lock timeout (55P03).
 */
export function* lockRow<Row extends object>(
  tx: Transaction,
  slot: Slot<Row>,
  strength: LockStrength,
): Waits<Row | null> {
  if (!tryLock(tx, slot, strength)) yield waitForRow(tx, slot, strength)
  return visibleTo(tx, slot)
}

/** Locks a row if that is possible at once, as `skip locked` does. */
export function tryLock(tx: Transaction, slot: Slot, strength: LockStrength): boolean {
  if (listHolders(tx, slot, strength).length > 0) return false
  if (slot.holder === tx) {
    if (strength > slot.strength) slot.strength = strength
    return true
  }
  if (strength === lockStrengths.keyShare) {
    slot.sharers ??= []
    if (slot.sharers.includes(tx)) return true
    slot.sharers.push(tx)
  } else {
    slot.holder = tx
    slot.strength = strength
  }
  tx.locked.push(slot)
  return true
}

const nobody: Transaction[] = []

/** The other transactions whose lock of the row excludes this one. */
function listHolders(tx: Transaction, slot: Slot, strength: LockStrength): Transaction[] {
  const { holder, sharers } = slot
  const isHeld = holder !== null && holder !== tx && (strength > 1 || slot.strength === lockStrengths.update)
  const counting =
    strength === lockStrengths.update && sharers !== null ? sharers.filter((other) => other !== tx) : nobody
  if (!isHeld) return counting
  return counting.length === 0 ? [holder] : [holder, ...counting]
}

function waitForRow(tx: Transaction, slot: Slot, strength: LockStrength): Waiter {
  slot.queue ??= []
  const { queue } = slot
  const waiter: RowWaiter = {
    ...makeWaiter(tx, {
      blockers() {
        const place = queue.indexOf(waiter)
        const ahead = place < 0 ? queue : queue.slice(0, place)
        return [...listHolders(tx, slot, strength), ...ahead.map((other) => other.tx)]
      },
      leave() {
        queue.splice(queue.indexOf(waiter), 1)
        // Whoever stood behind may be compatible with those who hold the row.
        grantNext(slot)
      },
    }),
    strength,
  }
  startWaiting(waiter, () => queue.push(waiter))
  return waiter
}

/** Waits until another transaction has ended, however it ends. */
export function waitForEnd(tx: Transaction, other: Transaction): Waiter {
  other.awaitedBy ??= []
  const { awaitedBy } = other
  const waiter: Waiter = makeWaiter(tx, {
    blockers: () => [other],
    leave: () => void awaitedBy.splice(awaitedBy.indexOf(waiter), 1),
  })
  startWaiting(waiter, () => awaitedBy.push(waiter))
  return waiter
}

function makeWaiter(tx: Transaction, place: Pick<Waiter, 'blockers' | 'leave'>): Waiter {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return {
    tx,
    over: promise,
    blockers: place.blockers,
    goOn() {
      stopWaiting(tx)
      resolve()
    },
    giveUp: reject,
    leave() {
      stopWaiting(tx)
      place.leave()
    },
  }
}

function startWaiting(waiter: Waiter, enter: () => void): void {
  const { tx } = waiter
  // PostgreSQL looks for a circle after a second, and ends one of those in it; here it ends the one that closes it.
  if (waiter.blockers().some((blocker) => waitsFor(blocker, tx, new Set()))) throw deadlockDetected()
  tx.waiting = waiter
  enter()
  if (tx.lockTimeoutMs > 0)
    tx.cancelTimer = tx.setTimer(tx.lockTimeoutMs, () => {
      waiter.leave()
      waiter.giveUp(lockTimeout())
    })
}

function stopWaiting(tx: Transaction): void {
  tx.waiting = null
  tx.cancelTimer?.()
  tx.cancelTimer = null
}

function waitsFor(tx: Transaction, wanted: Transaction, seen: Set<Transaction>): boolean {
  if (tx === wanted) return true
  if (seen.has(tx)) return false
  seen.add(tx)
  return tx.waiting?.blockers().some((blocker) => waitsFor(blocker, wanted, seen)) ?? false
}

/** Gives back all that an ended transaction held, and wakes those whose turn it is. */
export function releaseLocks(tx: Transaction): void {
  for (const slot of tx.locked) {
    if (slot.holder === tx) {
      slot.holder = null
      slot.strength = 0
    }
    if (slot.sharers !== null) {
      slot.sharers = slot.sharers.filter((other) => other !== tx)
      if (slot.sharers.length === 0) slot.sharers = null
    }
    if (slot.queue !== null) grantNext(slot)
  }
  for (const waiter of tx.awaitedBy ?? []) waiter.goOn()
}

function grantNext(slot: Slot): void {
  const { queue } = slot
  for (let next = queue?.[0]; next !== undefined && tryLock(next.tx, slot, next.strength); next = queue?.[0]) {
    queue?.shift()
    next.goOn()
  }
  if (queue?.length === 0) slot.queue = null
}
