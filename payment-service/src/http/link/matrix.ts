import type { LinkState } from '../../flows/read-link.ts'

/**
 * What a payment link answers: every state in which a browser can find it, and everything that can happen to it. The
 * routes answer from this table, `docs/link-matrix.md` is made from it, and a test drives every cell over HTTP.
 */

export const linkEvents = {
  get: 'The link is opened: `GET /s/{token}`.',
  head: 'Something looks whether the link is there: `HEAD /s/{token}`.',
  prefetch: 'A browser fetches ahead of a click, or a preview or scanner looks: `GET` with `Sec-Purpose: prefetch`.',
  get_without_scripts: 'The link is opened in a browser without scripts.',
  post: 'The page posts itself, or its button is pressed: `POST /s/{token}`.',
  return: 'The shopper comes back from the PSP: `GET /s/{token}/return`. The PSP is asked for the truth first.',
  cancel: 'The shopper pressed cancel at the PSP: `GET /s/{token}/cancel`. Never by HEAD or prefetch.',
} as const
export type LinkEvent = keyof typeof linkEvents

/** The pages of the link, and what they say. */
export const linkPages = {
  pay: 'Amount and description; it posts itself, and has a button for browsers without scripts.',
  used_elsewhere: 'The link is open in another browser: go on there, or ask the shop for a new one.',
  completed: 'The payment is done.',
  expired: 'The link has expired; the way back to the shop.',
  canceled: 'The payment was canceled; the way back to the shop.',
  unknown: 'Nobody knows this link; what to check.',
  confirming:
    'The payment is being confirmed; it asks again by itself every 3 s, ten times, and then says how it goes on.',
  try_again: 'The PSP’s page cannot be had right now; the link is still good.',
  other_site: 'Another site tried to start the payment; open the link yourself.',
} as const
export type LinkPage = keyof typeof linkPages

/** Where a 303 leads. */
export const linkGoals = {
  psp: 'the PSP’s page',
  link: 'the link',
  success_url: '`success_url`, with `payment_session` added',
  cancel_url: '`cancel_url`, with `payment_session` added',
} as const
export type LinkGoal = keyof typeof linkGoals

export type Cell = ({ status: 200 | 404 | 410; page: LinkPage } | { status: 303; goal: LinkGoal }) & {
  /** What changes; nothing when it is left out. */
  changes?: string
}

const page = <S extends 200 | 404 | 410>(status: S, name: LinkPage): Cell => ({ status, page: name })
const goTo = (goal: LinkGoal, changes?: string): Cell => ({
  status: 303,
  goal,
  ...(changes === undefined ? {} : { changes }),
})
/** Looking never changes anything, however it is done. */
const look = (cell: Cell) => ({ get: cell, head: cell, prefetch: cell, get_without_scripts: cell })

export const linkMatrix: Record<LinkState, Record<LinkEvent, Cell>> = {
  fresh: {
    ...look(page(200, 'pay')),
    post: goTo('psp', 'the link is bound to this browser'),
    return: goTo('link'),
    cancel: goTo('cancel_url'),
  },
  used_here: {
    ...look(page(200, 'pay')),
    post: goTo('psp'),
    return: goTo('psp'),
    cancel: goTo('cancel_url', 'closed at the PSP, then `canceled`'),
  },
  used_elsewhere: {
    ...look(page(410, 'used_elsewhere')),
    post: page(410, 'used_elsewhere'),
    return: page(410, 'used_elsewhere'),
    cancel: goTo('cancel_url'),
  },
  completed: {
    ...look(page(200, 'completed')),
    post: page(200, 'completed'),
    return: goTo('success_url'),
    cancel: goTo('success_url'),
  },
  expired: {
    ...look(page(410, 'expired')),
    post: page(410, 'expired'),
    return: page(410, 'expired'),
    cancel: goTo('cancel_url'),
  },
  canceled: {
    ...look(page(410, 'canceled')),
    post: page(410, 'canceled'),
    return: page(410, 'canceled'),
    cancel: goTo('cancel_url'),
  },
  unknown: {
    ...look(page(404, 'unknown')),
    post: page(404, 'unknown'),
    return: page(404, 'unknown'),
    cancel: page(404, 'unknown'),
  },
}

/** What the table leaves to words. */
export const linkRules = [
  'The column *return* shows what follows when the PSP says that nothing was paid. When it says that the session was paid, the answer is 303 to `success_url` and the session is `completed`, in whatever browser; when it does not answer within 3 s, the page *confirming* (200).',
  'A shopper who cancels after having paid in another tab has paid: 303 to `success_url`. A browser that did not use the link goes to `cancel_url` and changes nothing, in every state.',
  'When the PSP does not answer to a cancel, the shopper goes to `cancel_url`, and the session is closed as soon as the PSP answers.',
  'A `POST` that another site started (`Sec-Fetch-Site` other than `same-origin` or `none`; of a browser that does not send it, an `Origin` of another address than `PUBLIC_URL`), or that comes ahead of a click, gets the page *other_site* (403) and changes nothing.',
  'A `POST` from an address, or in a shop, where card testing is suspected gets the page *paused* (429 with `Retry-After`); the link is not used up.',
  'When the PSP’s page could not be made yet and cannot be made now, `POST` gets the page *try_again* (503) and the link is not used up.',
  'Money that arrives after the end of a session is recorded as a charge, flagged `paid_after_session_end`, and given back unless the session was made with `late_payments: "keep"`.',
] as const
