"""What tests of both adapters share is found from here: `held`, `rolling`."""
