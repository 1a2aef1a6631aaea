<<<<<<<< HEAD:internal/web/dist/assets/chunk-SZZUYIIU.js
import{c as r,d as i}from"./chunk-UWA5SWOH.js";function f(t,n=300){let[e,o]=r(t);return i(()=>{if(t===e)return;let s=setTimeout(()=>o(t),n);return()=>clearTimeout(s)},[t]),e}export{f as a};
========
import{c as r,d as i}from"./chunk-M54D42QI.js";function f(t,n=300){let[e,o]=r(t);return i(()=>{if(t===e)return;let s=setTimeout(()=>o(t),n);return()=>clearTimeout(s)},[t]),e}export{f as a};
>>>>>>>> 2424690 (web: one sentence for one thing):internal/web/dist/assets/chunk-6RY25UUT.js
