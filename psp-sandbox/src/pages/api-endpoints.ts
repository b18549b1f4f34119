/** The API in one table: the reference page is made from it, and a test compares the README with it. */
export const apiEndpoints = [
  {
    method: 'POST',
    path: '/v2/accounts',
    body: '{name, webhook_url?}',
    meaning: 'Opens an account (admin token). Shows its keys once.',
  },
  {
    method: 'GET',
    path: '/v2/account',
    body: '',
    meaning: 'The account of the key: its name, public key and webhook address.',
  },
  { method: 'PUT', path: '/v2/account/webhook', body: '{url}', meaning: 'Sets where webhooks go; null for nowhere.' },
  {
    method: 'POST',
    path: '/v2/payments',
    body: '{reference, amount: {value, currency}, source: {type: "card", number, cvc, expiry_month, expiry_year, holder_name?} | {type: "token", token}, capture: "automatic" | "manual", return_url?, description?}',
    meaning: 'Authorizes a card. A decline is 201 with status declined; 400 means that nothing was done.',
  },
  { method: 'GET', path: '/v2/payments/{id}', body: '', meaning: 'One payment.' },
  {
    method: 'POST',
    path: '/v2/payments/{id}/captures',
    body: '{reference, amount?}',
    meaning: 'Captures an authorization, once; the rest is released.',
  },
  {
    method: 'POST',
    path: '/v2/payments/{id}/cancellations',
    body: '{reference}',
    meaning: 'Releases an authorization.',
  },
  {
    method: 'POST',
    path: '/v2/payments/{id}/refunds',
    body: '{reference, amount?}',
    meaning: 'Gives back all that is left, or a part.',
  },
  {
    method: 'GET',
    path: '/v2/lookup?reference=',
    body: '',
    meaning:
      'Everything of a reference: {payments, operations, checkout_sessions}. Never 404. A new object may take 2 s to show.',
  },
  {
    method: 'POST',
    path: '/v2/checkout_sessions',
    body: '{reference, amount, capture, return_url, cancel_url, expires_at, locale?, description?, customer_email?, line_items?: [{name, quantity, amount}]}',
    meaning: 'Opens a hosted checkout; send the shopper to its url.',
  },
  {
    method: 'GET',
    path: '/v2/checkout_sessions/{id}',
    body: '',
    meaning: 'The session, the payment that paid it, and every try.',
  },
  {
    method: 'POST',
    path: '/v2/checkout_sessions/{id}/expire',
    body: '',
    meaning: 'Closes it; 409 session_completed when it is paid.',
  },
  {
    method: 'GET',
    path: '/v2/movements',
    body: '',
    meaning:
      '?from=&to=&cursor=&limit=: what moved in a time window, oldest first: {movements, next, complete_until}. from is inclusive, to is not; at most 31 days; limit 1 to 500, 100 without it. Go on with next as cursor until it is null. What is younger than the look-up delay is not shown yet: complete_until says up to when the window is complete.',
  },
  {
    method: 'GET',
    path: '/v1/settlement_files/{date}',
    body: '',
    meaning: 'What was settled on a day (UTC), as CSV; 409 settlement_not_ready until the day is over.',
  },
  { method: 'GET', path: '/v2/magic_cards', body: '', meaning: 'The table of magic cards.' },
  {
    method: 'GET',
    path: '/truth?reference=',
    body: '',
    meaning: 'What the bank really did: {reference, movements, calls, declined}. Without a reference: everything.',
  },
] as const
