/**
 * The pay page posts itself: whoever only looks (a preview, a scanner without scripts, HEAD, a prefetch) never uses the
 * link up. Without this script the page's button does the same. It has no type annotations, so it is served as it is.
 */
const form = document.querySelector('form')
const button = form?.querySelector('button')
const label = button?.textContent ?? ''
/** After this long without the next page the button is offered again. */
const giveUpMs = 10_000

function showOpening() {
  if (!form || !button) return
  button.setAttribute('aria-busy', 'true')
  button.textContent = form.dataset.opening ?? label
  setTimeout(showButton, giveUpMs)
}

function showButton() {
  button?.removeAttribute('aria-busy')
  if (button) button.textContent = label
}

/** A shopper who pressed Back wants to be here, and is not sent forward again. */
function cameBack() {
  const [navigation] = performance.getEntriesByType('navigation')
  return navigation instanceof PerformanceNavigationTiming && navigation.type === 'back_forward'
}

function open() {
  if (!cameBack()) form?.requestSubmit()
}

form?.addEventListener('submit', (event) => {
  if (button?.getAttribute('aria-busy') === 'true') event.preventDefault()
  else showOpening()
})
addEventListener('pageshow', (event) => {
  if (event.persisted) showButton()
})
// A page that is rendered ahead of the click is only looked at, too.
if ('prerendering' in document && document.prerendering)
  document.addEventListener('prerenderingchange', open, { once: true })
else open()
