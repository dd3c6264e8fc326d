"""What a flow file is made of."""
