import { connectCardInputs, requireElement } from './card-inputs.ts'

/** Checks before it sends, and sends once. The page does the same without this script, only after a round trip. */
const form = requireElement('#card-form', HTMLFormElement)
const button = requireElement('#pay', HTMLButtonElement)
const inputs = connectCardInputs(() => {})
const label = button.textContent

form.noValidate = true
form.addEventListener('submit', (event) => {
  if (button.getAttribute('aria-disabled') === 'true' || inputs.validate()) {
    event.preventDefault()
    return
  }
  // Not `disabled`: a disabled button loses the focus, and a screen reader its place.
  button.setAttribute('aria-disabled', 'true')
  button.textContent = inputs.message('processing')
})

// A page that comes back from the browser's history is ready to be used again.
window.addEventListener('pageshow', () => {
  button.removeAttribute('aria-disabled')
  button.textContent = label
})
