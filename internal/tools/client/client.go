// Package client has what generated clients are linked with, so that its version is
// kept with the generator's.
package client

import _ "github.com/oapi-codegen/runtime" // clients need it
