// A page in another language is opened at the same setting.
"use strict";
{
  const links = document.querySelectorAll(".languages a"), targets = Array.from(links, (link) => link.getAttribute("href"));
  const carry = () => links.forEach((link, k) => link.setAttribute("href", targets[k] + location.hash));
  for (const name of ["hashchange", "addresschange"]) addEventListener(name, carry);
  carry();
}
