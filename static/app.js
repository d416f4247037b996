// Small improvements over pages that work without them. No inline script, no eval, no style attribute.
'use strict';

(() => {
  const start = (scope) => {
    if (window.NHSUKFrontend) window.NHSUKFrontend.initAll({ scope });
  };

  // Filters come before the results on a phone: fold them there, unless one is in use.
  const foldFilters = () => {
    if (!window.matchMedia('(max-width: 999px)').matches) return;
    document.querySelectorAll('details.app-filter[data-idle]').forEach((filter) => filter.removeAttribute('open'));
  };

  // A part of the page that could not be fetched says so where it would have stood.
  const sayFailure = (event) => {
    const target = event.detail.target || document.getElementById('maincontent');
    let line = target.querySelector(':scope > .app-failed');
    if (!line) {
      line = document.createElement('p');
      line.className = 'app-failed';
      line.setAttribute('role', 'alert');
      target.prepend(line);
    }
    line.textContent = 'This part could not be brought up to date just now. Nothing you typed is lost.';
  };

  // A long form warns before it is left with changes that are not saved.
  const guardForms = () => {
    document.querySelectorAll('form[data-guard]').forEach((form) => {
      let changed = false;
      form.addEventListener('input', () => { changed = true; });
      form.addEventListener('submit', () => { changed = false; });
      window.addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
    });
  };

  // On a phone the menu scrolls sideways: the current entry is brought into view.
  const showCurrent = () => {
    const current = document.querySelector('.app-nav [aria-current]');
    if (current) current.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };

  // The heads of a table that scrolls sideways follow down the page, since they cannot stick to it by themselves.
  const keepHeads = () => {
    document.querySelectorAll('[data-heads] table').forEach((table) => {
      const head = table.tHead;
      const follow = () => {
        const { top, height } = table.getBoundingClientRect();
        const down = Math.min(Math.max(-top, 0), Math.max(height - head.offsetHeight - 80, 0));
        head.style.transform = down && getComputedStyle(head).position !== 'absolute' ? `translateY(${down}px)` : '';
      };
      window.addEventListener('scroll', follow, { passive: true });
      follow();
    });
  };

  document.addEventListener('DOMContentLoaded', () => {
    start(document);
    showCurrent();
    foldFilters();
    guardForms();
    keepHeads();
    document.body.addEventListener('htmx:afterSwap', (event) => start(event.detail.target));
    document.body.addEventListener('htmx:responseError', sayFailure);
    document.body.addEventListener('htmx:sendError', sayFailure);
  });
})();
