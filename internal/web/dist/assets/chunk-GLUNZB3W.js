import{j as o}from"./chunk-VAVCG7WN.js";var s=o(null),e=["viewer","operator","admin"],a=r=>(s.value?.groups||[]).some(n=>e.indexOf(n)>=e.indexOf(r));export{s as a,a as b};
