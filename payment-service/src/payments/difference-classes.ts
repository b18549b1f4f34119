/**
 * Every way in which FinCore's books and a PSP's can differ. One table: the database allows these classes and no other,
 * `docs/reconciliation.md` is made from it, and a test causes each of them for real.
 */
export const differenceClasses = {
  missed_event: {
    meaning:
      'The PSP did something that FinCore asked for, or that follows from it, and the charge here does not know.',
    fincore: 'Asks the PSP by our reference, and applies the answer as if its webhook had come now.',
    operator: 'Nothing. When there are many, find out why webhooks do not arrive and why the resolver did not see it.',
  },
  unknown_here: {
    meaning:
      'The PSP moved money on this account for a payment that FinCore does not know, or that it holds for a charge of ours while the PSP has it under a reference that is not ours.',
    fincore: 'Raises it. It makes up no charge: nobody asked FinCore for one.',
    operator:
      'Was it made at the PSP by hand, by another system on the same account, or before a restored backup of the database? Does it name a charge: was that settled by hand, with the reference of another payment? Settle it with the merchant; then accept it.',
  },
  refund_unknown: {
    meaning: 'The PSP gave money back on a payment of ours, and no refund here asked for it.',
    fincore: 'Raises it. The charge’s `amount_refunded` does not count it.',
    operator:
      'Somebody refunded at the PSP’s dashboard. Tell the merchant, who must not refund it again here; then accept it.',
  },
  missing_at_psp: {
    meaning: 'FinCore holds it as done, the PSP lists no such movement and, asked by our reference, knows none.',
    fincore: 'Raises it. A final state is not taken back.',
    operator: 'Ask the PSP’s support with the reference before the merchant delivers. Compare credentials and account.',
  },
  amount_differs: {
    meaning: 'Both know the movement, with another amount.',
    fincore: 'Raises it. Neither amount is taken for the right one.',
    operator: 'Compare with the PSP’s record; correct the merchant’s books, or have the PSP correct its own.',
  },
  currency_differs: {
    meaning: 'Both know the movement, in another currency.',
    fincore: 'Raises it.',
    operator: 'As with another amount. Look at the account’s currency settings at the PSP.',
  },
  state_differs: {
    meaning: 'A final state here is contradicted: for example failed here, and paid at the PSP.',
    fincore: 'Raises it, and flags the charge `psp_contradicts`, as it does when a webhook contradicts.',
    operator:
      'The PSP’s record says where the money is. Money that the merchant does not know of goes back: refund or release it at the PSP.',
  },
  duplicate_effect: {
    meaning: 'The PSP did, or settled, the same thing twice under one reference.',
    fincore: 'Raises the one that FinCore did not record.',
    operator: 'Have the PSP take back the second. Report it: one reference is one idempotency key.',
  },
  unconfirmed: {
    meaning: 'Something differs, and the PSP, asked by our reference, gave no answer that can be relied on.',
    fincore: 'Raises it, and asks again when the time is compared again.',
    operator: 'Look at the payment in the PSP’s dashboard. Compare again when the PSP answers.',
  },
  settled_unknown: {
    meaning: 'The settlement file has a capture or refund that FinCore does not know, or holds as not done.',
    fincore: 'Raises it.',
    operator: 'Compare the day with the PSP’s list first, which repairs what was missed; what is left is an orphan.',
  },
  settled_amount_differs: {
    meaning: 'The settlement file has a capture or refund of ours with another gross amount or currency.',
    fincore: 'Raises it.',
    operator: 'Claim the difference from the PSP with the file’s line.',
  },
  not_settled: {
    meaning: 'FinCore holds a capture or refund as done on the file’s day, and the file has no line for it.',
    fincore: 'Raises it.',
    operator: 'Compare the next day’s file too; then ask the PSP where the money is.',
  },
} as const satisfies Record<string, { meaning: string; fincore: string; operator: string }>

export type DifferenceClass = keyof typeof differenceClasses
export type FindingState = 'open' | 'repaired' | 'accepted'
