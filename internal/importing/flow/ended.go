package flow

import "encoding/json"

// ReadFinish reads the input of finish: the machine's own, or the service's
// word that an execution was aborted, failed or ran out of time, which carries
// the machine's input as text.
func ReadFinish(event []byte) (Finish, error) {
	var e struct {
		Finish
		Status string `json:"status"`
		Input  string `json:"input"`
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return Finish{}, err
	}
	if e.Input == "" {
		return e.Finish, nil
	}
	f := Finish{}
	if err := json.Unmarshal([]byte(e.Input), &f.Run); err != nil {
		return Finish{}, err
	}
	failed, err := json.Marshal(map[string]string{"Error": "Execution." + e.Status})
	f.Failed = failed
	return f, err
}
