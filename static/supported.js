// First thing in the body: says that scripts run, before anything is drawn. A file, since the policy allows no inline script.
document.body.className += ' js-enabled' + ('noModule' in HTMLScriptElement.prototype ? ' nhsuk-frontend-supported' : '')
