type FlagRow = { meaning: string; action: string }

/** What can be unusual about a charge (`flags`). Docs are made from this table; ignore flags that you do not know. */
export const chargeFlags = {
  paid_after_session_end: {
    meaning: 'The money arrived after the payment session had ended.',
    action:
      'With `late_payments: "refund"` it is given back by itself. With `"keep"` deliver or refund, as you decide; the session stays ended.',
  },
  give_back_failed: {
    meaning: 'Money that arrived after the session’s end should have been given back, and the PSP refused.',
    action: 'Refund or cancel the charge yourself, or ask your operator.',
  },
  psp_contradicts: {
    meaning:
      'The PSP said something that cannot be true of the charge as it stands, such as money for one that had failed, or that a refund which had succeeded failed after all. Nothing else was changed, and your operator sees it.',
    action: 'Do not act on this charge by itself; ask your operator what the PSP’s own records say.',
  },
} as const satisfies Record<string, FlagRow>
