/** Draws the order's page anew whenever the shop's server learns something of it. */
const main = document.querySelector('main')
const order = main?.dataset.order

async function refresh(): Promise<void> {
  const response = await fetch(window.location.href, { headers: { accept: 'text/html' } })
  if (!response.ok || main === null) return
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  const freshMain = fresh.querySelector('main')
  if (freshMain === null) return
  // What the reader opened or closed stays so.
  for (const details of main.querySelectorAll('details')) {
    const freshDetails = freshMain.querySelector<HTMLDetailsElement>(`#${details.id}`)
    if (freshDetails !== null) freshDetails.open = details.open
  }
  document.title = fresh.title
  main.dataset.orderStatus = freshMain.dataset.orderStatus
  // Section by section, so that a screen reader announces what changed in the status and nothing else.
  for (const selector of ['.status', '.receipt', '.hood']) {
    const [section, freshSection] = [main.querySelector(selector), freshMain.querySelector(selector)]
    if (section === null || freshSection === null || section.innerHTML === freshSection.innerHTML) continue
    section.className = freshSection.className
    section.replaceChildren(...freshSection.childNodes)
  }
}

// One refresh at a time, and one more when something changed meanwhile.
let running = false
let again = false
async function refreshInTurn(): Promise<void> {
  again = true
  if (running) return
  running = true
  while (again) {
    again = false
    await refresh().catch(() => {})
  }
  running = false
}

if (order !== undefined) {
  const source = new EventSource(`/orders/${order}/changes`)
  source.addEventListener('change', () => void refreshInTurn())
  // After a break the browser connects again by itself; what changed meanwhile is fetched then.
  source.addEventListener('open', () => void refreshInTurn())
}

export {}
