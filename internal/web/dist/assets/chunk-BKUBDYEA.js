import{c as r,d as i}from"./chunk-KTAPF5PI.js";function f(t,n=300){let[e,o]=r(t);return i(()=>{if(t===e)return;let s=setTimeout(()=>o(t),n);return()=>clearTimeout(s)},[t]),e}export{f as a};
