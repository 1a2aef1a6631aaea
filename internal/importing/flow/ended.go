package flow

import "encoding/json"

// Ended is the input of finish as it comes: the machine's own, or the service's
// word that an execution was aborted, failed or ran out of time, which carries
// the machine's input as text.
type Ended struct{ Finish }

// UnmarshalJSON reads both forms.
func (f *Ended) UnmarshalJSON(event []byte) error {
	var e struct {
		Finish
		Status string `json:"status"`
		Input  string `json:"input"`
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return err
	}
	if e.Input == "" {
		f.Finish = e.Finish
		return nil
	}
	f.Finish = Finish{}
	if err := json.Unmarshal([]byte(e.Input), &f.Run); err != nil {
		return err
	}
	var err error
	f.Failed, err = json.Marshal(map[string]string{"Error": "Execution." + e.Status})
	return err
}
